"""Grad-CAM: where do networks look? Several models on the same crops (paper, Figure 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import torch
from monai.visualize import GradCAM
from torch import Tensor, nn

from ..engines import apply_window
from ..errors import UserError
from ..weights import load_exactly, read_weights
from .pictures import middle_slice, new_figure, save_figure
from .task_crops import Task, open_task

LAYER = "encoder.blocks.3"
COUNT = 6


class _Scores(nn.Module):
    """One score for each class ``(B, K)``; of maps of logits their mean where the class is marked.

    Where a class is marked nowhere, its mean over the crop. Without that choice the background,
    which fills most of a crop, would say where the network looks.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        found = self.network(images)
        if found.ndim == 2:
            return found
        logits = found.flatten(2)
        highest = logits.amax(1, keepdim=True) if logits.shape[1] > 1 else 0
        marked = (logits >= highest).to(logits.dtype).detach()
        marked = torch.where(marked.sum(2, keepdim=True) > 0, marked, 1.0)
        return (logits * marked).sum(2) / marked.sum(2)


def activation_maps(
    network: nn.Module, images: Tensor, layer: str = LAYER, class_index: int | None = None
) -> Tensor:
    """Grad-CAM of each image, ``(B, 1, X, Y, Z)``, 0 to 1 for what speaks most for the class.

    MONAI's own scaling, which makes the strongest place 0, is left out. A map is all 0 where
    nothing speaks for the class.

    Args:
        network: gives logits ``(B, K)``, or maps of them ``(B, K, X, Y, Z)``, whose mean
            counts where the class is marked.
        images: ``(B, C, X, Y, Z)`` in [0, 1] on the network's device.
        layer: name of the layer whose activations are shown.
        class_index: whose logit; by default the only one, or each image's highest.

    Raises:
        UserError: no such layer, or no such class.
    """
    if layer not in dict(network.named_modules()):
        names = [f"encoder.blocks.{number}" for number in range(4)]
        raise UserError(f"layer: {layer}, the network has none; expected such as {names}")
    network.eval()
    with torch.no_grad():
        classes = network(images[:1]).shape[1]
    if class_index is not None and not 0 <= class_index < classes:
        raise UserError(f"class_index: {class_index}, expected 0 to {classes - 1}")
    cam = GradCAM(_Scores(network), f"network.{layer}", postprocessing=lambda found: found)
    index = 0 if classes == 1 else class_index
    found = torch.cat([torch.as_tensor(cam(x=image[None], class_idx=index)) for image in images])
    highest = found.flatten(1).amax(1).clamp_min(torch.finfo(found.dtype).tiny)
    return (found / highest[:, None, None, None, None]).detach()


@dataclass(frozen=True)
class Attention:
    """Maps of several models.

    Attributes:
        names: of the models.
        images: the crops, ``(N, 1, X, Y, Z)`` in [0, 1].
        maps: of each model, ``(N, 1, X, Y, Z)``.
    """

    names: tuple[str, ...]
    layer: str
    images: Tensor
    maps: tuple[Tensor, ...]

    def record(self) -> dict[str, Any]:
        """For JSON: how much of each map lies in the middle, where the object is."""
        shares = {
            name: [round(share, 4) for share in middle_share(maps)]
            for name, maps in zip(self.names, self.maps, strict=True)
        }
        return {"layer": self.layer, "crops": len(self.images), "middle_share": shares}

    def __str__(self) -> str:
        lines = [
            f"{name}: {sum(found) / len(found):.3f}"
            for name, found in self.record()["middle_share"].items()
        ]
        head = f"share of the map in the middle third of each axis, {1 / 27:.3f} if even"
        return "\n".join([f"{head}; {len(self.images)} crops, {self.layer}", *lines])


def middle_share(maps: Tensor) -> list[float]:
    """The share of each map ``(N, 1, X, Y, Z)`` in the middle third of all axes; 0 if empty."""
    x, y, z = (slice(side // 3, side - side // 3) for side in maps.shape[2:])
    inside, whole = maps[:, :, x, y, z].flatten(1).sum(1), maps.flatten(1).sum(1)
    return (inside / whole.clamp_min(torch.finfo(maps.dtype).tiny)).tolist()


def show_attention(
    models: Sequence[str | Path],
    data: str | Path,
    bundle: str | Path | Sequence[str],
    split: str = "test",
    layer: str = LAYER,
    count: int = COUNT,
    class_index: int | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Attention:
    """Grad-CAM of trained models on objects, or nodules, of a split.

    Args:
        models: trained with the bundle: model.pt files or folders of runs.
        data: the task's prepared folder.
        bundle: folder of the task's bundle, its train.json, or a list of configs to merge.
        split: the crops' split.
        layer, class_index: see :func:`activation_maps`.
        count: crops to show, the first of the split.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: see :func:`~.task_crops.open_task`; no model; one that does not fit.
    """
    if not models:
        raise UserError("models: none; name the model.pt or the folder of a run")
    tasks = [open_task(model, data, bundle, overrides) for model in models]
    images = _objects(tasks[0], split, count)
    maps = []
    for task, model in zip(tasks, models, strict=True):
        network = task.network()
        load_exactly(network, read_weights(model), model)
        maps.append(activation_maps(network, images, layer, class_index).cpu())
    return Attention(tuple(map(str, models)), layer, images.cpu(), tuple(maps))


def _objects(task: Task, split: str, count: int) -> Tensor:
    crops, found = task.crops(split), []
    for index in range(len(crops)):
        crop = crops[index]
        if crop["target"] == 1:
            found.append(crop["image"])
        if len(found) == count:
            break
    return apply_window(torch.stack(found).to(task.device), crops.window)


def draw_attention(found: Attention, path: Path) -> None:
    """Picture of the crops' middle slices, and of each model's maps on them, one model a row.

    Raises:
        UserError: the picture cannot be written.
    """
    figure, axes = new_figure(len(found.images), 1 + len(found.maps), 2.0, 2.1)
    for column, image in enumerate(found.images):
        for row in range(1 + len(found.maps)):
            axis = axes[row, column]
            axis.imshow(middle_slice(image[0]), cmap="gray", vmin=0, vmax=1)
            if row > 0:
                map_ = middle_slice(found.maps[row - 1][column, 0])
                axis.imshow(map_, cmap="inferno", vmin=0, vmax=1, alpha=0.5)
            axis.set_xticks([])
            axis.set_yticks([])
    for row, name in enumerate(("crop", *map(_short, found.names))):
        axes[row, 0].set_ylabel("\n".join(wrap(name, 20)), fontsize=7)
    save_figure(figure, path)


def _short(name: str) -> str:
    """The end of a path, which tells runs apart."""
    parts = [part for part in Path(name).parts if part not in ("model.pt", "models")]
    return "/".join(parts[-2:])
