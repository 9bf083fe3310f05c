"""Scans with three organs, which a small network learns in seconds."""

from pathlib import Path

import nibabel as nib
import numpy as np

from tests.scans import save_nifti

COARSE = 4.0  # mm


def scan_with_organs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A body with three bright organs, 48 x 40 x 32 voxels of 4 mm; int16 HU and labels."""
    rng = np.random.default_rng(seed)
    hu = np.full((48, 40, 32), -1000.0)
    hu[4:44, 4:36] = -80
    label = np.zeros(hu.shape, np.uint8)
    for value, start in enumerate(((8, 8, 4), (24, 8, 6), (14, 21, 8)), start=1):
        x, y, z = np.add(start, rng.integers(0, 3, 3))
        label[x : x + 12, y : y + 10, z : z + 16] = value
    hu[label > 0] = 40 + 50 * label[label > 0]
    return (hu + rng.normal(0, 8, hu.shape)).astype(np.int16), label


def save_organs(folder: Path) -> Path:
    """Four such scans ``c<n>/ct.nii.gz`` with their label maps ``organs.nii.gz``."""
    for number in range(4):
        hu, label = scan_with_organs(number)
        affine = np.diag([COARSE, COARSE, COARSE, 1.0])
        save_nifti(folder / f"c{number}" / "ct.nii.gz", hu, affine)
        save_nifti(folder / f"c{number}" / "organs.nii.gz", label, affine)
    return folder


def dice_of(written, drawn) -> dict[int, float]:
    """Dice of each organ in a mask that inference wrote and the label map on the same grid."""
    mask, truth = (np.asarray(nib.load(path).dataobj) for path in (written, drawn))
    pairs = {value: (mask == value, truth == value) for value in (1, 2, 3)}
    return {n: 2 * (a & b).sum() / (a.sum() + b.sum()) for n, (a, b) in pairs.items()}
