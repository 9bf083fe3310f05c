"""What each task's network sees and should find, drawn from phantom scans through its own config.

    python benchmarks/task_pictures.py

Writes `bundles/<task>/docs/task.png`: crops of the training data, the axial slice with most of the
label, its outline drawn in; for the classification the middle slice and the class.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from PIL import Image
from torch import Tensor

from medssl.phantom import prepare_phantom
from medssl.sources import prepare_images, prepare_liver, prepare_luna16
from medssl.store.case_table import TABLE
from pictures import ROOT, first_batch

SHOWN = 3
COLOURS = ("#ffb000", "#ff1744")
TASKS = {
    "lung_nodule_ct_classification": "candidates",
    "lung_nodule_ct_segmentation": "nodules",
    "liver_ct_segmentation": "liver",
    "liver_tumor_ct_segmentation": "liver",
    "volume_segmentation": "liver",
    "volume_classification": "regions",
}
COMMON: dict[str, Any] = {"fractions": (0.6, 0.2, 0.2)}


def make_data(folder: Path) -> dict[str, Path]:
    """Phantom chests at 1 mm, with masks, candidates and classes, and abdomens at 2 mm."""
    chest, abdomen = folder / "chest", folder / "abdomen"
    prepare_phantom(chest, scans=4, seed=0, spacing=1.5)
    prepare_phantom(abdomen, kind="abdomen", scans=4, seed=0, spacing=2.0)
    masks = "nodule_masks/*.nii.gz"
    prepare_images(chest, folder / "nodules", images="subset*/*.mhd", labels=masks, **COMMON)
    few = _few_others(chest / TABLE, folder / TABLE)
    prepare_images(chest, folder / "regions", images="subset*/*.mhd", table=few, **COMMON)
    prepare_luna16(chest, folder / "candidates", split="patients", **COMMON)
    prepare_liver("msd_liver", abdomen, folder / "liver", split="patients", spacing=2.0, **COMMON)
    return {kind: folder / kind for kind in set(TASKS.values())}


def _few_others(table: Path, target: Path) -> Path:
    """A copy of a table of regions with about as many others as nodules."""
    head, *rows = table.read_text().splitlines()
    nodules = [row for row in rows if ",nodule," in row]
    others = [row for row in rows if row not in nodules]
    chosen = [*nodules, *others[:: len(others) // len(nodules)]]
    target.write_text("\n".join([head, *chosen]) + "\n")
    return target


def class_map(targets: Tensor) -> Tensor:
    """Label maps ``(B, X, Y, Z)`` from targets with one channel, or with one for each class."""
    return targets.argmax(1) if targets.shape[1] > 1 else targets[:, 0].round().long()


def view(volume: Tensor, depth: int) -> Tensor:
    """Axial slice of a volume in RAS as radiologists look at it: the patient's right is left."""
    return volume[..., depth].mT.flip(-2, -1)


def draw(inputs: Tensor, targets: Tensor) -> bytes:
    """PNG of a batch ``(B, 1, X, Y, Z)``: outlines of label maps, or classes ``(B, ...)``."""
    figure, axes = plt.subplots(1, SHOWN, figsize=(1.7 * SHOWN, 2.0))
    labels = class_map(targets) if targets.ndim == 5 else None
    for index, axis in enumerate(axes):
        image = inputs[index, 0]
        depth = image.shape[-1] // 2
        if labels is not None:
            depth = int((labels[index] > 0).sum((0, 1)).argmax())
            outline = view(labels[index], depth)
            for value, colour in enumerate(COLOURS, start=1):
                if (outline >= value).any():
                    axis.contour(outline >= value, [0.5], colors=colour, linewidths=1.4)
        else:
            axis.set_title("nodule" if targets[index].item() > 0.5 else "no nodule", fontsize=8)
        axis.imshow(view(image, depth), cmap="gray", vmin=0, vmax=1)
        axis.axis("off")
    figure.subplots_adjust(wspace=0.05, left=0.01, right=0.99, bottom=0.02, top=0.9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=85, bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


def main() -> None:
    """Write the pictures of the tasks."""
    with tempfile.TemporaryDirectory() as name:
        data = make_data(Path(name))
        for bundle, kind in TASKS.items():
            inputs, targets = first_batch(
                bundle, data[kind], batch_size=SHOWN, crops_per_scan=SHOWN
            )
            packed = io.BytesIO()
            colours = Image.open(io.BytesIO(draw(inputs, targets))).convert("RGB")
            colours.quantize(128).save(packed, format="png", optimize=True)
            path = ROOT / "bundles" / bundle / "docs" / "task.png"
            path.write_bytes(packed.getvalue())
            print(f"{path.relative_to(ROOT)}: {len(packed.getvalue()) / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
