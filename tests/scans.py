"""Small CTs and ways to write them."""

from pathlib import Path

import nibabel as nib
import numpy as np


def small_ct(shape=(12, 10, 8), seed=0) -> np.ndarray:
    """Air, lung and tissue in smooth patches; int16 HU."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(-1000, 300, [-(-n // 3) for n in shape])
    fine = coarse.repeat(3, 0).repeat(3, 1).repeat(3, 2)[tuple(map(slice, shape))]
    return np.rint(fine + rng.normal(0, 10, shape)).astype(np.int16)


def save_nifti(path: Path, array: np.ndarray, affine=None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


def oblique_affine():
    """Voxels of 0.8 x 1.3 x 2.1 mm, turned about two axes and stored left and posterior first."""
    a, b = 0.2, -0.1
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ np.diag([-0.8, -1.3, 2.1])
    affine[:3, 3] = (40, -30, 7)
    return affine
