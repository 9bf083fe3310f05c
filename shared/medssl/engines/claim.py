"""One folder, one run: claimed when it starts, gone on with or extended when it starts again."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import parse_json, remove_stale, write_json
from ..forms import check_form
from ..ranks import on_main
from ..store.contract import SCAN
from ..store.lock import lock_folder
from .crop_report import CROPS
from .extension import extend, note_precision
from .identity import EXTENDABLE, FORM, FORMAT, RUN, describe_run
from .model_file import ANCESTORS
from .provenance import CHECKPOINT, PROVENANCE
from .run_keys import refuse_blind_validation
from .stopped import STOPPED
from .tell import tell_left_values, tell_mirrored_sides, tell_narrow_window
from .trace import TRACE, mend_trace
from .whole_trace import MEND


def start_run(
    output_dir: str | Path,
    seed: int,
    training: Sequence[Mapping[str, Any]],
    validation: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Claim ``output_dir`` for this run, or go on with the run that is there.

    A collective call: every rank makes it; the first one claims.

    Args:
        output_dir: folder of the run; its ``run.json`` is the claim.
        seed: run seed, kept for the record.
        training: items of the training data list.
        validation: items of the validation data list.

    Returns:
        The content of ``run.json``.

    Raises:
        UserError: another process writes to the folder, another run or one of another version lives
            in it, its files are damaged or gone, or validation shows no class; one line says which
            and what to do.
    """

    def claim() -> dict[str, Any]:
        folder = Path(output_dir)
        run = describe_run(seed, training, validation)
        refuse_blind_validation(validation)
        tell_narrow_window(run[SCAN])
        tell_mirrored_sides()
        tell_left_values([*training, *validation])
        _check_pretrained(folder, run["config"].get("pretrained"))
        lock_folder(folder)
        remove_stale(folder)
        return _claim(folder, run)

    return on_main(claim)


def _check_pretrained(folder: Path, pretrained: str | None) -> None:
    """Weights that the run itself writes over would be others when it is started again."""
    if pretrained is None:
        return
    source = Path(pretrained)
    places = (source, source / "models") if source.is_dir() else (source.parent,)
    if source.suffix != ".zip" and folder.resolve() in [place.resolve() for place in places]:
        raise UserError(
            f"pretrained: {pretrained} is what this run writes itself; choose another --output_dir"
        )


def _claim(folder: Path, run: dict[str, Any]) -> dict[str, Any]:
    """Write ``run.json``, or return the one there if it is of the same run.

    A run that was refused before its first step, at the hand-over for one, leaves the folder free.
    """
    old = None if "monailabel" in sys.modules else _read(folder)
    different = [] if old is None else _differences(old, run)
    if old is None or (different and not _begun(folder, old["hash"])):
        _discard(folder)
        write_json(folder / RUN, run)
        return run
    if different:
        raise UserError(f"{folder} holds another run (different: {_some(different)}); {MEND}")
    _check_checkpoint(folder, old["hash"])
    if (folder / TRACE).is_file():
        mend_trace(folder / TRACE)
    (folder / STOPPED).unlink(missing_ok=True)
    old = extend(old, run, folder / RUN, folder / CHECKPOINT)
    return note_precision(old, run, folder / RUN)


def _read(folder: Path) -> dict[str, Any] | None:
    """The ``run.json`` of a folder; None where no run lives in it."""
    path = folder / RUN
    if not path.is_file():
        if (folder / CHECKPOINT).is_file():
            raise UserError(
                f"{folder}: {CHECKPOINT} is there, but no {RUN} that says of which run; put {RUN} "
                f"back, {MEND}"
            )
        return None
    try:
        run = parse_json(path.read_bytes())
    except ValueError as error:
        raise UserError(f"{path}: damaged (no valid JSON: {error}); put it back, {MEND}") from error
    if not isinstance(run, dict) or not {"hash", "config", "data"} <= run.keys():
        raise UserError(f"{path}: damaged (no run in it); put it back, {MEND}")
    if run.get("format") != FORMAT:
        version = f"medssl {run.get('medssl', '0.1.0 or older')}"
        raise UserError(f"{path}: written by {version}, which describes runs differently; {MEND}")
    check_form(run, FORM, path, f"put it back, {MEND}")
    return run


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs, by key: those that both have first, files by what they hold."""
    before, after = old["contents"], new["contents"]
    files = [
        f"{leaf} (other content)"
        for leaf in before.keys() & after.keys()
        if None not in (before[leaf], after[leaf]) and before[leaf] != after[leaf]
    ]
    ours, theirs = old["config"], new["config"]
    skipped = {*EXTENDABLE, *(before.keys() & after.keys())}
    keys = {*ours, *theirs} - skipped
    values = [key for key in keys if ours.get(key) != theirs.get(key)]
    values.sort(key=lambda key: (not (key in ours and key in theirs), key))
    parts = [part for part in new["data"] if old["data"].get(part) != new["data"][part]]
    return [*sorted(files), *values, *(f"data:{part}" for part in parts)]


def _some(names: Sequence[str], count: int = 8) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def _begun(folder: Path, run: str) -> bool:
    """Whether a run has left anything that it has learnt."""
    trace = folder / TRACE
    logged = trace.is_file() and trace.stat().st_size > 0
    return logged or (folder / CHECKPOINT).is_file() or _epochs_kept(folder, run) > 0


def _epochs_kept(folder: Path, run: str) -> int:
    """Epochs behind a run's own weights; a damaged record is written anew with the first ones."""
    try:
        provenance = parse_json((folder / PROVENANCE).read_bytes())
        return int(provenance["epoch"]) if provenance["config_sha256"] == run else 0
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def _check_checkpoint(folder: Path, run: str) -> None:
    """The run's weights of a second epoch, and no checkpoint: it has been taken away."""
    epoch = _epochs_kept(folder, run)
    if epoch > 1 and not (folder / CHECKPOINT).is_file():
        raise UserError(
            f"{folder}: this run has trained {epoch} epochs, but its {CHECKPOINT} is gone; put it "
            f"back, {MEND}"
        )


def _discard(folder: Path) -> None:
    """Remove what an unclaimed or superseded run left, so that it cannot be mistaken for ours."""
    for name in (CHECKPOINT, TRACE, STOPPED, CROPS, ANCESTORS, "transfer.json"):
        (folder / name).unlink(missing_ok=True)
