"""Copy the asked parts of a pretrained network into another, or refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from monai.networks.utils import copy_model_state
from torch import Tensor, nn

from ..engines.model_file import ANCESTORS
from ..engines.provenance import PROVENANCE, check_sha256
from ..errors import UserError
from ..files import write_json
from ..networks.parts import EXPECTED, parts_asked
from ..ranks import is_main
from ..weights import Weights, read_checkpoint, refuse_non_finite
from .ancestry import ancestry
from .continued import continued_from
from .foreign import choose, find_networks, holds_target
from .report import PartReport, TransferReport
from .scans import changes

FILES = {"online": "model.pt", "target": "target.pt"}


STEM = "encoder.blocks.0.unit1.conv.weight"


def _of_part(state: Mapping[str, Tensor], part: str) -> Weights:
    return {name: value for name, value in state.items() if name.startswith(f"{part}.")}


def _widened(weights: Weights, target: Mapping[str, Tensor]) -> Weights:
    """The weights, their stem repeated over the channels that the target sees, and divided by them.

    An image that is the same in every channel then gives what it gave in one.
    """
    stem, wanted = weights.get(STEM), target.get(STEM)
    if stem is None or wanted is None or stem.ndim != 5 or stem.shape[1] != 1:
        return weights
    channels = wanted.shape[1]
    return {**weights, STEM: stem.repeat(1, channels, 1, 1, 1) / channels}


def _obstacle(source: Weights, target: Weights) -> str:
    """Say why ``source`` cannot fill ``target`` completely; empty when it can."""
    if not target:
        return "the network has no such part"
    missing = [name for name in target if name not in source]
    if missing:
        return (
            f"{len(missing)} of {len(target)} entries missing in the source, first '{missing[0]}'"
        )
    for name, value in target.items():
        if source[name].shape != value.shape:
            return (
                f"'{name}' has shape {tuple(source[name].shape)}, "
                f"the network wants {tuple(value.shape)}"
            )
    return ""


def _wanted(parts: str | Sequence[str]) -> tuple[str, ...]:
    names = parts_asked(parts)
    if not names:
        raise UserError(f"transfer_parts: expected {EXPECTED}, got {parts!r}")
    return names


def _read(source: str | Path, transfer_from: str) -> tuple[Weights, str]:
    if transfer_from not in FILES:
        raise UserError(f"transfer_from: expected one of {list(FILES)}, got {transfer_from!r}")
    path = Path(source)
    check_sha256(path, FILES[transfer_from])
    networks = find_networks(read_checkpoint(path, FILES[transfer_from]), path)
    single_file = path.is_file() and path.suffix != ".zip"
    if transfer_from == "target" and single_file and not holds_target(networks):
        raise UserError(
            f"{path}: transfer_from 'target' takes a bundle folder or zip; to use one file, give "
            "the path of the target.pt itself and transfer_from 'online'"
        )
    return choose(networks, path, transfer_from)


def _widths(source: Weights, target: Weights) -> str:
    """Name the two ``base_channels`` where they differ, the commonest misfit."""
    if STEM not in source or STEM not in target or len(source[STEM]) == len(target[STEM]):
        return ""
    return f"; the source has base_channels {len(source[STEM])}, the network {len(target[STEM])}"


def transfer(
    source: str | Path,
    network: nn.Module,
    parts: str | Sequence[str] = "auto",
    transfer_from: str = "online",
) -> TransferReport:
    """Copy pretrained parameters and batch-norm buffers into ``network``.

    A stem that sees one channel is repeated over those of the network and divided by their number.

    Args:
        source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
        network: target; its top-level modules carry the part names.
        parts: "encoder", "decoder" or a list of both: every entry must be there with its shape.
            "auto" takes the parts that fit completely and reports the others; "shared" demands each
            part that both networks have. The final head is never handed over.
        transfer_from: "online", or "target" for the moving-average network of a method that has
            one, such as BYOL: target.pt of a bundle folder or zip.

    Returns:
        What was loaded and what was skipped, by part.

    Raises:
        UserError: a part that is demanded does not fit, or nothing fits at all; ``network`` is then
            unchanged.
    """
    names = _wanted(parts)
    weights, naming = _read(source, transfer_from)
    target = network.state_dict()
    weights = _widened(weights, target)
    widths = _widths(weights, target)
    reports = []
    for part in names:
        ours, theirs = _of_part(target, part), _of_part(weights, part)
        reason = _obstacle(theirs, ours)
        if reason and (parts != "auto" if parts != "shared" else ours and theirs):
            raise UserError(f"{source}: cannot transfer the {part}: {reason}{widths}")
        reports.append(PartReport(part, len(ours), () if reason else tuple(ours), reason))
    branch = "" if transfer_from == "online" else f" ({FILES[transfer_from]})"
    report = TransferReport(f"{source}{branch}", tuple(reports), naming)
    if not report.loaded:
        reasons = "; ".join(f"{part.part}: {part.reason}" for part in reports)
        raise UserError(f"{source}: no part fits this network ({reasons}){widths}")
    loaded = {name: weights[name] for name in report.loaded}
    refuse_non_finite(loaded, source)
    _, changed, _ = copy_model_state(network, loaded)
    if set(changed) != set(report.loaded):
        raise RuntimeError("copy_model_state left entries out")
    return report


def load_pretrained(
    network: nn.Module,
    pretrained: str | None,
    parts: str | Sequence[str],
    output_dir: str | Path,
    transfer_from: str = "online",
) -> TransferReport | None:
    """The bundles' hand-over step: nothing without ``pretrained``, else transfer and report.

    The report is printed and written to ``<output_dir>/transfer.json``. The generations of the
    weights go to ``ancestors.json`` and from there into the run's ``provenance.json``; so do those
    of weights that a handler loads instead. A pretraining at another spacing or in another window
    is stated, and taken over nowhere.

    Raises:
        UserError: scans of another kind, see :func:`changes`, and what :func:`transfer` raises.
    """
    report = None
    if pretrained:
        differ = changes(pretrained, output_dir)
        report = replace(transfer(pretrained, network, parts, transfer_from), changes=differ)
    if is_main():
        folder, source = Path(output_dir), pretrained or continued_from()
        if report is not None:
            print(report.summary())
            write_json(folder / "transfer.json", report.as_dict())
        _note_ancestors(folder / ANCESTORS, source, FILES[transfer_from])
    return report


def _note_ancestors(path: Path, source: str | Path | None, file: str) -> None:
    """Write the generations of the weights that a run starts from; name those of unknown origin."""
    if source is None:
        path.unlink(missing_ok=True)
        return
    generations = ancestry(source, file)
    for generation in generations:
        if generation.data is None:
            print(f"{generation.name}: of unknown origin, and noted as such in {PROVENANCE}")
    write_json(path, [generation.as_dict() for generation in generations])
