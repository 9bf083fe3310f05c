"""Five test cases from the worst to the best, outlined by hand and by the network."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
import nibabel as nib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from medssl.metrics.segmentation import overlap

mpl.use("Agg")
import matplotlib.pyplot as plt

SHOWN = 5
COLOURS = ("#ffb000", "#40c4ff")  # anterior, posterior


def draw_cases(
    source: Path, masks: Path, dice: dict[str, dict[str, float]], target: Path
) -> dict[str, dict[str, float]]:
    """Draw five cases; the dice of all masks, read back from their files.

    Args:
        source: raw data set in nnU-Net's layout.
        masks: folder of the written masks.
        dice: case to figures by class, as the evaluation has them.
        target: PNG to write.
    """
    order = sorted(dice, key=lambda case: sum(dice[case].values()))
    shown = [order[round(n * (len(order) - 1) / (SHOWN - 1))] for n in range(SHOWN)]
    figure, axes = plt.subplots(2, SHOWN, figsize=(1.9 * SHOWN, 4.9))
    for column, case in zip(axes.T, shown, strict=True):
        volumes = [_read(path) for path in _files(source, masks, case)]
        x = _cut(volumes[1])
        for axis, label, how in zip(column, volumes[1:], ("by hand", "network"), strict=True):
            axis.imshow(volumes[0][x].T, "gray", origin="lower")
            for value, colour in enumerate(COLOURS, 1):
                if (label[x] == value).any():
                    axis.contour(value == label[x].T, [0.5], colors=colour, linewidths=1.2)
            axis.set_title(how, fontsize=7, pad=2)
            axis.axis("off")
        mean = sum(dice[case].values()) / len(dice[case])
        column[0].set_title(f"{case}\ndice {mean:.3f}\nby hand", fontsize=7, pad=2)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.9, wspace=0.03, hspace=0.08)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    plt.close(figure)
    image = Image.open(buffer).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    image.save(target, optimize=True)
    return {case: _dice(source, masks, case, list(dice[case])) for case in order}


def _files(source: Path, masks: Path, case: str) -> list[Path]:
    return [
        source / "imagesTr" / f"{case}_0000.nii.gz",
        source / "labelsTr" / f"{case}.nii.gz",
        next(masks.rglob(f"{case}.nii.gz")),
    ]


def _read(path: Path) -> NDArray[np.float64]:
    return np.ascontiguousarray(nib.as_closest_canonical(nib.load(path)).dataobj, dtype=np.float64)


def _cut(label: NDArray[np.float64]) -> int:
    """The sagittal slice with most of the label, which shows both parts."""
    return int((label > 0).sum((1, 2)).argmax())


def _dice(source: Path, masks: Path, case: str, names: list[str]) -> dict[str, float]:
    truth, found = (
        torch.from_numpy(_read(path))[None, None] for path in _files(source, masks, case)[1:]
    )
    dice = overlap("dice", found, truth, range(1, len(names) + 1))[0].tolist()
    return dict(zip(names, dice, strict=True))
