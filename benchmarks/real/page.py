"""What real_tasks.py writes for people: a section of docs/results.md and a picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nibabel as nib
import numpy as np
from PIL import Image

from sections import write_between

mpl.use("Agg")
import matplotlib.pyplot as plt

LIMIT_KB = 150
SLICES = 3
WINDOW_HU = (-200, 200)


def draw_liver(image: Path, truth: Path, written: Path, target: Path) -> None:
    """Axial slices with the outlines of two masks, as radiologists look: right side on the left."""
    volumes = [nib.as_closest_canonical(nib.load(file)) for file in (image, truth, written)]
    hu, liver, found = (np.asarray(volume.dataobj) for volume in volumes)
    x, y, _ = volumes[0].header.get_zooms()
    shown = np.flatnonzero(liver.any(axis=(0, 1)))
    cuts = shown[np.linspace(0, len(shown) - 1, SLICES + 2).round().astype(int)[1:-1]]
    figure, axes = plt.subplots(1, SLICES, figsize=(3.3 * SLICES, 2.7))
    for axis, cut in zip(axes, cuts, strict=True):
        low, high = WINDOW_HU
        axis.imshow(hu[::-1, :, cut].T, "gray", vmin=low, vmax=high, origin="lower", aspect=y / x)
        for mask, colour in ((liver, "lime"), (found, "red")):
            axis.contour(mask[::-1, :, cut].T > 0, [0.5], colors=colour, linewidths=0.9)
        axis.set_title(f"slice {cut}", fontsize=8, pad=3)
        axis.axis("off")
    figure.text(0.5, 0.02, "green: by hand   red: predicted", ha="center", fontsize=8)
    figure.subplots_adjust(0.005, 0.07, 0.995, 0.93, wspace=0.03)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    plt.close(figure)
    Image.open(buffer).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(
        target, optimize=True
    )
    if target.stat().st_size > LIMIT_KB * 1000:
        raise SystemExit(f"{target}: larger than {LIMIT_KB} kB")


def write_section(report: dict[str, Any], page: Path) -> None:
    """Put the figures between the page's markers.

    Raises:
        SystemExit: the page lacks the markers.
    """
    fields = {**_liver(report["liver"]), **_nodules(report["nodules"])}
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    write_between(page, "real tasks", template.format(minutes=report["minutes"], **fields))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _loss(figures: dict[str, Any]) -> str:
    return f"{figures['loss_first_fifth']:.3g} -> {figures['loss_last_fifth']:.3g}"


def _liver(report: dict[str, Any]) -> dict[str, Any]:
    names = {"scratch": "from scratch", "pretrained": "Models Genesis"}
    rows = ""
    for arm, name in names.items():
        keys = ("dice", "assd", "hd95", "dice_in_own_grid")
        values = (f"{report[arm][key]:.3f}" for key in keys)
        rows += _row(name, str(report[arm]["steps"]), _loss(report[arm]), *values)
    return {"liver": rows, "genesis_steps": report["pretraining"]["steps"]}


def _nodules(report: dict[str, Any]) -> dict[str, Any]:
    facts = list(report["tables"].values())
    segmentation = classification = ""
    for scan in sorted(report.keys() - {"tables"}):
        each = report[scan]["segmentation"]
        values = (f"{each[key]:.3f}" for key in ("dice", "dice_in_own_grid"))
        segmentation += _row(scan, _loss(each), *values)
        each = report[scan]["classification"]
        auc = f"{each['auc']:.3f} [{each['auc_low']:.3f}, {each['auc_high']:.3f}]"
        low, high = each["probabilities"]
        difference = f"{each['largest_difference_of_inference']:.1g} of {low:.3f} ... {high:.3f}"
        classification += _row(scan, _loss(each), auc, f"{each['cpm']:.2f}", difference)
    return {
        "distance": max(each["centre_to_outlines_mm"] for each in facts),
        "counts": " and ".join(
            f"{each['negatives']} ({each['of_them_excluded_findings']} of them excluded findings)"
            for each in facts
        ),
        "segmentation": segmentation,
        "classification": classification,
    }
