"""Whether two images lie on one grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..store.voxels import spacing_of

_TOLERANCE = 0.1  # of a voxel

# Voxels x, y, z and affine to mm.
Grid = tuple[Sequence[int], NDArray[np.float64]]


def shift_between(one: Grid, other: Grid) -> float:
    """How far the corners of two grids of one shape lie apart at most, along an axis, in mm."""
    ends = np.array([[0, 0, 0, 1], [*(n - 1 for n in one[0]), 1]], dtype=float)
    return float(np.abs(ends @ (one[1] - other[1]).T).max())


def on_one_grid(one: Grid, other: Grid) -> bool:
    """Whether two grids are the same; their corners may differ by a tenth of a voxel."""
    if tuple(one[0]) != tuple(other[0]):
        return False
    return shift_between(one, other) <= _TOLERANCE * min(spacing_of(one[1]))
