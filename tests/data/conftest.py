"""Small CTs and ways to write them."""

import threading
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from .server import Server


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


@pytest.fixture
def scans(tmp_path) -> Path:
    """Six labelled scans ``case<i>/ct.nii.gz`` with two boxes each, and one without label."""
    folder = tmp_path / "scans"
    for i in range(7):
        array = small_ct((14 + i, 12, 10), seed=i)
        save_nifti(folder / f"case{i}" / "ct.nii.gz", array, np.diag([1, 1, 1.5, 1.0]))
        if i < 6:
            label = np.zeros(array.shape, np.uint8)
            label[2:5, 2:5, 2:4] = 1
            label[8:10, 7:10, 5:9] = 2
            save_nifti(folder / f"case{i}" / "nodules.nii.gz", label, np.diag([1, 1, 1.5, 1.0]))
    return folder


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
