"""Scans whose axes are not perpendicular, like those of a tilted gantry, on rectangular grids."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .grids import Grid
from .scan import Scan

AIR_HU = -1000.0
OUTSIDE = "outside"  # meta data of a loaded scan: what stands where no scanner has seen
# Cosine between axes; half a millimetre over 500 mm.
_SHEARED = 1e-3


def upright_spacing(affine: NDArray[np.floating[Any]]) -> tuple[float, float, float] | None:
    """Voxel size in mm of the rectangular grid that a sheared one fits; None if it is rectangular.

    Slices of a tilted gantry are shifted against each other; their distance along the normal is
    less than from centre to centre.
    """
    axes = np.asarray(affine, dtype=np.float64)[:3, :3]
    cosines = axes / np.linalg.norm(axes, axis=0)
    if np.abs(cosines.T @ cosines - np.eye(3)).max() < _SHEARED:
        return None
    x, y, z = np.abs(np.diag(np.linalg.qr(axes)[1])).tolist()
    return x, y, z


def outside_of(scan: Scan) -> float:
    """Stored value of what a scanner has not seen: air, or the scan's darkest value."""
    return AIR_HU if scan.scale is None else scan.scale.outside


def fill_outside(values: NDArray[Any], grid: Grid, scan: Grid, value: float) -> None:
    """Set what a sheared scan does not cover of its rectangular grid, in place.

    Resampling continues the scan's faces there, over centimetres where a gantry was tilted. Half a
    voxel beyond the outermost centres belongs to the scan. Scans that are not sheared are left
    alone.

    Args:
        values: ``(X, Y, Z)`` on the rectangular grid.
        grid: the rectangular one.
        scan: its own, axes in RAS order.
        value: for example that of air.
    """
    if upright_spacing(scan[1]) is None:
        return
    to_scan = np.linalg.solve(scan[1], grid[1])
    x, y, z = np.ogrid[tuple(slice(side) for side in grid[0])]
    inside = np.ones(tuple(grid[0]), dtype=bool)
    for row, side in zip(to_scan[:3], scan[0], strict=True):
        place = row[0] * x + row[1] * y + row[2] * z + row[3]
        inside &= (place >= -0.5) & (place <= side - 0.5)
    values[~inside] = value
