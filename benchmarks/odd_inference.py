"""Odd scans through the inference configuration of a bundle, with a threshold for a network."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from monai.bundle import run
from torch import nn

from medssl.sources import find_images
from medssl.sources.readers import Scan
from odd_dicom import CENTRE_RAS_MM, LEVEL_HU

BUNDLE = Path(__file__).resolve().parents[1] / "bundles" / "liver_ct_segmentation"
WINDOW = (-1000.0, 1000.0)


class Threshold(nn.Module):
    """Logits that change their sign at ``LEVEL_HU``, for input windowed by ``WINDOW``."""

    def __init__(self) -> None:
        super().__init__()
        level = (LEVEL_HU - WINDOW[0]) / (WINDOW[1] - WINDOW[0])
        self.register_buffer("level", torch.tensor(level))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits of the same shape."""
        return (image - self.level) * 1e4


def thresholding(output: Path, spacing: float) -> dict[str, Any]:
    """Overrides of inference.json that put the threshold in the network's place."""
    output.mkdir(parents=True, exist_ok=True)
    torch.save(Threshold().state_dict(), output / "model.pt")
    return {
        "network_def": {"_target_": "odd_inference.Threshold"},
        "window": list(WINDOW),
        "spacing": [spacing] * 3,
        "model": str(output / "model.pt"),
        "output_dir": str(output / "masks"),
        "num_workers": 0,
        "amp": "off",  # a threshold between whole HU, which bf16 would round
    }


def run_inference(folder: Path, output: Path, spacing: float) -> tuple[dict[str, Path], list[str]]:
    """Mask files by the names of the scans, and the lines that name what was not done."""
    places = {"dataset_dir": str(folder), "bundle_root": str(BUNDLE)}
    changed, said = thresholding(output, spacing), io.StringIO()
    # Its last word is an error where some scans could not be done; the lines are what counts here.
    with contextlib.redirect_stderr(said), contextlib.suppress(Exception):
        run(config_file=str(BUNDLE / "configs" / "inference.json"), **places, **changed)
    masks = {
        item["name"]: output / "masks" / f"{item['name']}_seg.nii.gz"
        for item in find_images(folder)
    }
    lines = [line for line in said.getvalue().splitlines() if line.startswith("medssl: ")]
    return {name: path for name, path in masks.items() if path.is_file()}, lines


def errors_of_mask(mask: Path, scan: Scan) -> tuple[float, float]:
    """How far the mask lies off the ball (mm), and its volume off that of the scan's own voxels."""
    image = nib.load(mask)
    inside = np.asarray(image.dataobj) > 0
    centre = image.affine @ [*np.argwhere(inside).mean(axis=0), 1]
    truth = int((scan.array > LEVEL_HU).sum())
    return float(np.linalg.norm(centre[:3] - CENTRE_RAS_MM)), inside.sum() / truth - 1
