"""What each pretraining network sees, drawn from phantom scans through its own config.

    python benchmarks/pictures.py [--bundles pretrain_rotation] [--data data/chest]

Writes `bundles/<bundle>/docs/pretext.png`: one row a sample; the channels of the network's input
and, where the targets are images, what it has to restore; axial slices half-way up.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from PIL import Image
from torch import Tensor

from steps import BUNDLES, ROOT, load_bundle, make_data

mpl.use("Agg")
import matplotlib.pyplot as plt

SAMPLES = 2
LIMIT_KB = 120
SETTINGS = {"batch_size": SAMPLES, "num_workers": 0, "device": torch.device("cpu"), "seed": 5}


def first_batch(bundle: str, data: Path, **overrides: Any) -> tuple[Tensor, Any]:
    """Network input ``(B, C, X, Y, Z)`` in [0, 1] and targets of a bundle's first batch."""
    parser = load_bundle(bundle, dataset_dir=str(data), **{**SETTINGS, **overrides})
    loader = parser.get_parsed_content("train#dataloader")
    prepare = parser.get_parsed_content("train#prepare_batch")
    inputs, targets = prepare(next(iter(loader)), torch.device("cpu"), False)[:2]
    return inputs, targets


def slices(volumes: Tensor) -> list[Tensor]:
    """Middle axial slice of each channel of ``(C, X, Y, Z)``, anterior up."""
    return list(volumes[..., volumes.shape[-1] // 2].mT.flip(-2))


def image_targets(targets: Any) -> Tensor | None:
    """The targets where they are volumes, else None: classes, flags or partners."""
    if isinstance(targets, Tensor) and targets.ndim == 5 and targets.is_floating_point():
        return targets
    return None


def channel_name(index: int, rows: list[list[Tensor]]) -> str:
    """Name of an input channel; one that is flat everywhere holds numbers, not an image."""
    if all(row[index].min() == row[index].max() for row in rows):
        return "numbers"
    return f"input {index + 1}" if len(rows[0]) > 1 else "input"


def draw(bundle: str, inputs: Tensor, targets: Any) -> bytes:
    """PNG of a batch, below it the bundle's own words for input and labels."""
    clean = image_targets(targets)
    rows = [slices(sample) for sample in inputs]
    names = [channel_name(index, rows) for index in range(len(rows[0]))]
    if clean is not None:
        rows = [row + slices(sample) for row, sample in zip(rows, clean, strict=True)]
        names += ["to restore"] * clean.shape[1]
    figure, axes = plt.subplots(
        len(rows), len(names), squeeze=False, figsize=(1.35 * len(names) + 0.2, 3.1)
    )
    for row, images in zip(axes, rows, strict=True):
        for axis, image, name in zip(row, images, names, strict=True):
            axis.imshow(image.clamp(0, 1), cmap="gray", vmin=0, vmax=1)
            axis.set_title(name, fontsize=7, pad=3)
            axis.axis("off")
    metadata = json.loads((ROOT / "bundles" / bundle / "configs" / "metadata.json").read_text())
    words = metadata["pretext"]
    figure.text(
        0.5, 0.0, f"sees: {words['input']}\nlearns: {words['labels']}", ha="center", fontsize=7
    )
    figure.subplots_adjust(wspace=0.06, hspace=0.2, bottom=0.12, left=0.01, right=0.99, top=0.93)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=85, bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


def write(bundle: str, data: Path) -> None:
    """Draw a bundle's picture and write it as greyscale PNG, small enough for a release."""
    packed = io.BytesIO()
    Image.open(io.BytesIO(draw(bundle, *first_batch(bundle, data)))).convert("L").save(
        packed, format="png", optimize=True
    )
    size = len(packed.getvalue()) / 1000
    if size > LIMIT_KB:
        raise SystemExit(f"{bundle}: picture of {size:.0f} kB, more than {LIMIT_KB} kB")
    path = ROOT / "bundles" / bundle / "docs" / "pretext.png"
    path.write_bytes(packed.getvalue())
    print(f"{path.relative_to(ROOT)}: {size:.0f} kB", flush=True)


def main() -> None:
    """Write the pictures of the chosen bundles."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bundles", nargs="+", default=BUNDLES)
    options.add_argument("--data", type=Path, help="prepared folder; phantom scans by default")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = arguments.data or make_data(Path(name))
        for bundle in arguments.bundles:
            write(bundle, data)


if __name__ == "__main__":
    main()
