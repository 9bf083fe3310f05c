"""Restored crops: what networks make of the same corrupted crop (paper, Figure 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import default_collate

from ..engines import Trained
from ..engines.trained_checks import check_config
from ..errors import UserError
from ..networks import UNet3D
from ..store import load_datalist
from ..weights import load_exactly, read_weights, weight_file
from .bundles import config_files, evaluation_beside, override, read_config
from .pictures import middle_slice, new_figure, save_figure

COUNT = 4
SHOWN = 0.7  # of the window: what is brighter is white


@dataclass(frozen=True)
class Restored:
    """Crops of one batch.

    Attributes:
        clean, corrupted: ``(N, 1, X, Y, Z)`` in [0, 1].
        restored: the same by network.
    """

    clean: Tensor
    corrupted: Tensor
    restored: dict[str, Tensor]

    def errors(self) -> dict[str, float]:
        """Mean squared error of each network, and of leaving the crops as they are."""
        panels = {"as it is": self.corrupted, **self.restored}
        return {name: float(((x - self.clean) ** 2).mean()) for name, x in panels.items()}

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"crops": len(self.clean), "mse": self.errors()}

    def __str__(self) -> str:
        lines = [f"{name}: {error:.5f}" for name, error in self.errors().items()]
        return "\n".join([f"squared error on {len(self.clean)} crops", *lines])


def restore(networks: Mapping[str, nn.Module], corrupted: Tensor, clean: Tensor) -> Restored:
    """Let networks restore the same crops.

    Args:
        networks: by name, on the crops' device; run in eval mode.
        corrupted, clean: ``(N, 1, X, Y, Z)`` in [0, 1].
    """
    with torch.no_grad():
        found = {name: network.eval()(corrupted).cpu() for name, network in networks.items()}
    return Restored(clean.cpu(), corrupted.cpu(), found)


def figure_of(found: Restored) -> Any:
    """Middle slices: clean, corrupted, and one column for each network."""
    columns = {"clean": found.clean, "corrupted": found.corrupted, **found.restored}
    figure, axes = new_figure(len(columns), len(found.clean))
    for row in range(len(found.clean)):
        for axis, (title, cubes) in zip(axes[row], columns.items(), strict=True):
            axis.imshow(middle_slice(cubes[row, 0]), cmap="gray", vmin=0, vmax=SHOWN)
            axis.set_axis_off()
            if row == 0:
                axis.set_title(title, fontsize=10)
    return figure


def draw_restored(found: Restored, path: Path) -> None:
    """Write the picture of :func:`figure_of`.

    Raises:
        UserError: it cannot be written.
    """
    save_figure(figure_of(found), path)


def restore_with(
    models: Sequence[str],
    data: str | Path,
    bundle: str | Path | Sequence[str],
    split: str = "test",
    count: int = COUNT,
    overrides: Mapping[str, Any] | None = None,
) -> Restored:
    """Restorations by pretrained models, such as one with and one without skip connections.

    Args:
        models: ``NAME=MODEL`` each: a model.pt or the folder of a run; its width and whether it has
            skip connections are read from its ``provenance.json``. The crops and how they are
            corrupted are as for the first one.
        data: prepared folder.
        bundle: folder of the bundle that corrupts, pretrain_models_genesis or pretrain_autoencoder,
            or a list of its configs to merge.
        split: the crops' split.
        count: crops, spread over the split.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: words that name no model, a bundle that restores nothing, or what does not fit.
    """
    networks: dict[str, nn.Module] = {}
    batch: tuple[Tensor, Tensor] | None = None
    for word in models:
        name, _, model = word.partition("=")
        if not name or not model or name in networks:
            raise UserError(f"{word}: expected NAME=MODEL, each of another name")
        parser = _parser(model, data, bundle, split, overrides or {})
        device = parser.get_parsed_content("device")
        network = parser.get_parsed_content("network_def").to(device)
        if not isinstance(network, UNet3D):
            raise UserError(
                f"{config_files(bundle)[0].parents[1]}: its network restores no crop; "
                "expected pretrain_models_genesis or pretrain_autoencoder"
            )
        load_exactly(network, read_weights(model), model)
        networks[name] = network
        if batch is None:
            batch = _crops(parser, count, device)
    if batch is None:
        raise UserError("models: none; name one as NAME=MODEL")
    return restore(networks, *batch)


def _parser(
    model: str,
    data: str | Path,
    bundle: str | Path | Sequence[str],
    split: str,
    overrides: Mapping[str, Any],
) -> Any:
    files = config_files(bundle)
    parser = read_config([*map(str, files), evaluation_beside(files[0])])
    given = {"dataset_dir": str(data), "model": str(weight_file(model)), "split": split}
    override(parser, {**given, **overrides})
    items = load_datalist(data, split, fold=parser.get_parsed_content("fold"))
    check_config(parser, Trained(weight_file(model)), items)
    return parser


def _crops(parser: Any, count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    dataset = parser.get_parsed_content("validate#dataset")
    places = np.unique(np.linspace(0, len(dataset) - 1, count).round().astype(int))
    batch = default_collate([dataset[int(place)] for place in places])
    corrupted, clean = parser.get_parsed_content("train#prepare_batch")(batch, device)
    return corrupted, clean
