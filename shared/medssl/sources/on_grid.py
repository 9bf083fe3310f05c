"""A scan's values on another grid, whatever its axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .between_axes import slabs_between
from .grids import Grid
from .separable import Slab, axis_taps, blurring_taps, resampled, resampled_slabs

Values = NDArray[Any]
Affine = NDArray[np.float64]


def slabs_on(grid: Grid, values: Values, affine: Affine, antialias: bool = True) -> Iterator[Slab]:
    """The values on another grid, slab by slab, see :mod:`~.separable`.

    Where axes of one grid are not those of the other, as those of a tilted gantry, the scan is
    blurred on its own grid first.

    Args:
        grid: the new one.
        values: ``(X, Y, Z)``.
        affine: of the values, to mm of the same space as the grid's.
        antialias: blur along axes that become coarser.

    Yields:
        Places in the new grid, and float32 voxels.
    """
    to_source = np.linalg.solve(affine, grid[1]).astype(np.float64)
    taps = axis_taps(to_source, values.shape, grid[0], antialias)
    if taps is not None:
        yield from resampled_slabs(values, taps)
        return
    scales = _scales(affine, grid[1])
    if antialias and max(scales) > 1:
        values = resampled(values, blurring_taps(values.shape, scales))
    yield from slabs_between(values, to_source, grid[0])


def values_on(
    grid: Grid, values: Values, affine: Affine, antialias: bool = True
) -> NDArray[np.float32]:
    """All values on another grid, see :func:`slabs_on`."""
    whole = np.empty(grid[0], np.float32)
    for where, slab in slabs_on(grid, values, affine, antialias):
        whole[where] = slab
    return whole


def _scales(affine: Affine, wanted: Affine) -> list[float]:
    """How many times larger voxels become along each axis, of whose new ones the nearest counts."""
    own, new = (np.linalg.norm(each[:3, :3], axis=0) for each in (affine, wanted))
    nearest = np.abs((affine[:3, :3] / own).T @ (wanted[:3, :3] / new)).argmax(axis=1)
    scales: list[float] = (new[nearest] / own).tolist()
    return scales
