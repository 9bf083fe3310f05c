"""Decoded voxels and their grid: what they are known by, how large they are."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def voxels_sha256(array: NDArray[Any], affine: NDArray[np.floating[Any]] | None = None) -> str:
    """Hash of decoded voxels ``(X, Y, Z)``, whatever file they come from.

    Shape, type and values count; the affine, to a millionth of a millimetre, where one is given.
    """
    place = [] if affine is None else np.round(np.asarray(affine, dtype=float), 6).tolist()
    plain = np.ascontiguousarray(array)
    digest = hashlib.sha256(repr((plain.shape, plain.dtype.str, place)).encode())
    digest.update(plain.data)
    return digest.hexdigest()


def spacing_of(affine: NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    """Voxel size (x, y, z) in mm of a ``(4, 4)`` affine, to a tenth of a micrometre."""
    x, y, z = np.round(np.linalg.norm(np.asarray(affine)[:3, :3], axis=0), 4).tolist()
    return x, y, z
