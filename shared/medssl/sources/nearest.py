"""The nearest voxels of a label map on another grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..store.voxels import in_order
from .grids import Grid
from .separable import axis_lines

_TIE = 6  # digits of a place, in voxels, beyond which it lies half-way


def nearest_on(grid: Grid, values: NDArray[Any], affine: NDArray[np.float64]) -> NDArray[Any]:
    """The values on another grid, those of the faces beyond them; of two as near, the even one.

    Along the values' own axes places are looked up, without an array of coordinates; where axes
    differ, as those of a tilted gantry, MONAI looks.

    Args:
        grid: the new one.
        values: ``(X, Y, Z)`` unsigned integers.
        affine: of the values, to mm of the same space as the grid's.
    """
    lines = axis_lines(np.linalg.solve(affine, grid[1]).astype(np.float64), grid[0])
    if lines is None:
        return _by_monai(grid, values, affine)
    there = values.transpose([source for source, _, _ in lines])
    order = sorted(range(3), key=lambda axis: -abs(there.strides[axis]))  # longest runs first
    there = there.transpose(order)
    for place, axis in enumerate(order):
        index = np.rint(lines[axis][1].round(_TIE)).astype(np.int64)
        there = there.take(index.clip(0, there.shape[place] - 1), axis=place)
    return in_order(there.transpose(np.argsort(order)))


def _by_monai(grid: Grid, values: NDArray[Any], affine: NDArray[np.float64]) -> NDArray[Any]:
    import torch
    from monai.data import MetaTensor
    from monai.transforms import SpatialResample

    image = MetaTensor(torch.from_numpy(values.astype(np.float32, order="C"))[None], affine=affine)
    resample = SpatialResample(mode="nearest", padding_mode="border")
    there = resample(image, dst_affine=torch.from_numpy(grid[1]), spatial_size=list(grid[0]))
    found: NDArray[Any] = there[0].numpy().astype(values.dtype)
    return found
