"""What a trained network does to held-out crops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import Tensor, nn

from ...engines.load_network import training_network
from ...engines.provenance import CHECKPOINT
from ...engines.trained import RULE, refuse_unlike
from ...errors import UserError
from ...metrics.contrastive import effective_rank, spread
from ...paths import as_written
from ...store.contract import ScanContract
from ...weights import load_exactly
from .run_folder import RunRecord, nest


@dataclass(frozen=True)
class HeldOut:
    """``spread`` and ``effective_rank`` of the encoder's pooled features on held-out crops."""

    spread: float
    effective_rank: float


def measure(run: RunRecord, bundle: Path, data: str | Path, crops: int = 64) -> HeldOut:
    """Put held-out crops through the pretext task and the network of a run.

    Args:
        run: its folder holds ``checkpoint.pt``, the whole training network.
        bundle: the run's bundle.
        data: prepared folder whose validation split is used.
        crops: how many samples to look at, at least; they come in the run's batches.

    Raises:
        UserError: no checkpoint yet, or ``data`` cannot be read or was prepared in another way than
            the run's own.
    """
    path = run.folder / CHECKPOINT
    if not path.is_file():
        raise UserError(f"{path}: no checkpoint yet; wait for the run's first, or leave out --data")
    parser = _parser(run, bundle, data)
    contract = ScanContract.from_dict(run.scan, run.folder) if "axes" in run.scan else None
    refuse_unlike(contract, parser.get_parsed_content("validate#dataset#data"))
    device = parser.get_parsed_content("device")
    network: nn.Module = parser.get_parsed_content("network_def")
    load_exactly(network, training_network(path), path)
    network.to(device).eval()
    features: list[Tensor] = []
    hook = network.get_submodule("encoder").register_forward_hook(
        lambda _module, _inputs, levels: features.append(levels[-1].mean((2, 3, 4)).float())
    )
    with torch.no_grad():
        for inputs, arguments in _batches(parser, device, crops):
            network(inputs, *arguments)
    hook.remove()
    embeddings = torch.cat(features)
    return HeldOut(float(spread(embeddings)), float(effective_rank(embeddings)))


def _parser(run: RunRecord, bundle: Path, data: str | Path) -> ConfigParser:
    """The run's own configuration, with what may differ between two starts filled in."""
    return ConfigParser(
        {
            "imports": ["$import torch", "$import monai"],
            **nest(run.leaves),
            **{key: run.scan[key] for key in (RULE,) if key in run.scan},
            "bundle_root": as_written("bundle_root", str(bundle)),
            "output_dir": as_written("output_dir", str(run.folder)),
            "dataset_dir": as_written("dataset_dir", str(data)),
            "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
            "num_workers": 0,
        }
    )


def _batches(
    parser: ConfigParser, device: torch.device, crops: int
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Inputs and further arguments of the network, as the trainer would pass them."""
    loader = parser.get_parsed_content("validate#dataloader")
    prepare = parser.get_parsed_content("train#prepare_batch")
    seen = 0
    for batch in loader:
        if seen >= crops:
            return
        inputs, _, *more = prepare(batch, device, False)
        yield inputs, tuple(more[0]) if more else ()
        seen += len(batch["image"])
