"""NIfTI files, whose bytes depend on their content alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np

from ..files import write_atomically
from .fields import Array


def write_nifti(path: Path, array: Array, affine: Array) -> None:
    """Write ``(x, y, z)`` voxels and their affine (RAS mm) as a compressed NIfTI file."""
    image = nib.Nifti1Image(np.ascontiguousarray(array), affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    payload = gzip.compress(image.to_bytes(), compresslevel=3, mtime=0)
    write_atomically(path, lambda temporary: temporary.write_bytes(payload))


def stored_order(array: Array, affine: Array, flipped: bool) -> tuple[Array, Array]:
    """Return the voxels as stored, from right to left in some scans, and their affine (RAS mm)."""
    if not flipped:
        return array, affine
    turn = np.diag([-1.0, 1.0, 1.0, 1.0])
    turn[0, 3] = array.shape[0] - 1
    return array[::-1], affine @ turn
