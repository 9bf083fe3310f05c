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
    """Figures on held-out crops.

    ``spread`` and ``effective_rank`` are of the encoder's pooled features. The errors are mean
    squared errors of the network, of returning its input and of the best constant answer, the mean
    of all targets. They are None where inputs and targets are not images of one shape.
    """

    spread: float
    effective_rank: float
    error: float | None
    error_copy: float | None
    error_mean: float | None


class _Errors:
    """Running sums of squared errors over batches of images."""

    def __init__(self) -> None:
        self.voxels = 0
        self.of_network = self.of_copy = self.total = self.squares = 0.0

    def add(self, output: Tensor, inputs: Tensor, targets: Tensor) -> None:
        if targets.ndim != output.ndim or inputs.shape != targets.shape:
            return
        output = output[:, : targets.shape[1]]  # what else a network returns follows the images
        exact = targets.double()
        self.voxels += exact.numel()
        self.of_network += float((output - exact).square().sum())
        self.of_copy += float((inputs - exact).square().sum())
        self.total += float(exact.sum())
        self.squares += float(exact.square().sum())

    def means(self) -> tuple[float | None, float | None, float | None]:
        """Mean squared error of the network, of copying, of the constant."""
        if not self.voxels:
            return None, None, None
        variance = self.squares / self.voxels - (self.total / self.voxels) ** 2
        return self.of_network / self.voxels, self.of_copy / self.voxels, variance


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
    errors = _Errors()
    with torch.no_grad():
        for inputs, targets, arguments in _batches(parser, device, crops):
            errors.add(network(inputs, *arguments), inputs, targets)
    hook.remove()
    embeddings = torch.cat(features)
    return HeldOut(float(spread(embeddings)), float(effective_rank(embeddings)), *errors.means())


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
) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    """Inputs, targets and further arguments of the network, as the trainer would pass them."""
    loader = parser.get_parsed_content("validate#dataloader")
    prepare = parser.get_parsed_content("train#prepare_batch")
    seen = 0
    for batch in loader:
        if seen >= crops:
            return
        inputs, targets, *more = prepare(batch, device, False)
        yield inputs, targets, tuple(more[0]) if more else ()
        seen += len(batch["image"])
