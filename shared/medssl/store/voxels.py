"""Decoded voxels and their grid: what they are known by, how large they are."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

_PLANES = 16


def voxels_sha256(array: NDArray[Any], affine: NDArray[np.floating[Any]] | None = None) -> str:
    """Hash of decoded voxels ``(X, Y, Z)``, whatever file they come from.

    Shape, type and values count; the affine, to a millionth of a millimetre, where one is given.
    """
    place = [] if affine is None else np.round(np.asarray(affine, dtype=float), 6).tolist()
    digest = hashlib.sha256(repr((array.shape, array.dtype.str, place)).encode())
    for start in range(0, len(array), _PLANES):
        digest.update(in_order(array[start : start + _PLANES]).data)
    return digest.hexdigest()


def in_order(array: NDArray[Any]) -> NDArray[Any]:
    """``(X, Y, Z)`` with z next to each other in memory, copied only where it is not so.

    NumPy copies a scan that lies the other way round voxel by voxel; here a cache line is read
    once.
    """
    if array.flags.c_contiguous or array.ndim != 3:
        return np.ascontiguousarray(array)
    ordered = np.empty(array.shape, array.dtype)
    _copy_tiles(array, ordered)
    return ordered


@compiled
def _copy_tiles(array: NDArray[Any], ordered: NDArray[Any]) -> None:
    for y in range(array.shape[1]):
        for z0 in range(0, array.shape[2], _PLANES):
            for x0 in range(0, array.shape[0], _PLANES):
                for x in range(x0, min(x0 + _PLANES, array.shape[0])):
                    for z in range(z0, min(z0 + _PLANES, array.shape[2])):
                        ordered[x, y, z] = array[x, y, z]


def spacing_of(affine: NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    """Voxel size (x, y, z) in mm of a ``(4, 4)`` affine, to a tenth of a micrometre."""
    x, y, z = np.round(np.linalg.norm(np.asarray(affine)[:3, :3], axis=0), 4).tolist()
    return x, y, z
