"""Scans of nothing but noise: no anatomy, no direction, no place that differs from another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ..sources import prepare_images

PATIENTS = 6
FRACTIONS = (0.5, 0.5, 0.0)  # by their hashes four patients for training and two held out
SD_HU = 250.0


def smoothed_noise(
    shape: Sequence[int], smoothing: float, rng: np.random.Generator
) -> NDArray[np.int16]:
    """Gaussian noise with mean 0 and standard deviation 250 HU, smoothed alike along all axes.

    Its correlation at a distance of d voxels is ``exp(-d**2 / (4 * smoothing**2))``.

    Args:
        shape: voxels x, y, z.
        smoothing: standard deviation of the Gaussian filter, voxels; 0 leaves the noise white. The
            volume wraps around, so that noise at its faces is like noise inside.
        rng: draws the noise.
    """
    noise = gaussian_filter(rng.standard_normal(shape), smoothing, mode="wrap")
    return np.rint(SD_HU * noise / noise.std()).astype(np.int16)


def prepare_noise(
    folder: Path,
    shape: Sequence[int],
    smoothing: Sequence[float],
    native_mm: Sequence[float] = (1.0, 1.0, 1.0),
    seed: int = 0,
) -> Path:
    """Write scans of noise as NIfTI and prepare them at 1 mm; return the prepared folder.

    Each of ``PATIENTS`` has a scan of every smoothing, so that both splits have them all.

    Args:
        folder: ``noise``, ``patients.csv`` and ``data`` are written in it.
        shape: least number of prepared voxels, of 1 mm.
        smoothing: standard deviations in native voxels, alike along all axes.
        native_mm: native voxel size x, y, z in mm; preparation resamples it.
        seed: draws the noise.
    """
    scans, patients = folder / "noise", folder / "patients.csv"
    native = [math.ceil((side - 1) / mm) + 1 for side, mm in zip(shape, native_mm, strict=True)]
    affine = np.diag([*native_mm, 1.0])
    scans.mkdir(parents=True, exist_ok=True)
    rows = ["id,patient"]
    for patient in range(PATIENTS):
        for number, sigma in enumerate(smoothing):
            name = f"noise_{patient}_{number}"
            volume = smoothed_noise(native, sigma, np.random.default_rng((seed, patient, number)))
            nib.save(nib.Nifti1Image(volume, affine), scans / f"{name}.nii")
            rows.append(f"{name},patient_{patient}")
    patients.write_text("\n".join(rows) + "\n", encoding="utf-8")
    prepare_images(scans, folder / "data", fractions=FRACTIONS, patients=patients, workers=1)
    return folder / "data"
