"""Linear interpolation on a grid whose axes are not the scan's, as after a tilted gantry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .separable import READ, Slab


def slabs_between(
    values: NDArray[Any], to_source: NDArray[np.float64], wanted: Sequence[int], depth: int = 16
) -> Iterator[Slab]:
    """The new voxels slab by slab; what lies beyond a face is the face's.

    Args:
        values: ``(X, Y, Z)`` of the source, its axes in any order in memory.
        to_source: ``(4, 4)``, from voxels of the new grid to voxels of the source.
        wanted: voxels of the new grid.
        depth: voxels of a slab along x.

    Yields:
        The place in the new grid, and its voxels.
    """
    order = sorted(range(3), key=lambda axis: -abs(values.strides[axis]))
    plain = np.ascontiguousarray(values.transpose(order))
    if plain.dtype not in READ:
        plain = plain.astype(np.float32)
    rows = np.ascontiguousarray(to_source[order])
    for start in range(0, wanted[0], depth):
        slab = np.empty((min(depth, wanted[0] - start), *wanted[1:]), np.float32)
        first = rows.copy()
        first[:, 3] += start * rows[:, 0]
        _fill(plain, slab, first)
        yield (slice(start, start + depth), slice(None), slice(None)), slab


@compiled
def _fill(values: NDArray[Any], out: NDArray[np.float32], rows: NDArray[np.float64]) -> None:
    low, high, part = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.float32)
    for x in range(out.shape[0]):
        for y in range(out.shape[1]):
            for z in range(out.shape[2]):
                for axis in range(3):
                    row, last = rows[axis], values.shape[axis] - 1
                    place = row[0] * x + row[1] * y + row[2] * z + row[3]
                    place = min(max(place, 0.0), float(last))
                    low[axis] = int(place)
                    high[axis] = min(low[axis] + 1, last)
                    part[axis] = place - low[axis]
                total = np.float32(0)
                for i in range(2):
                    for j in range(2):
                        for k in range(2):
                            weight = (
                                (part[0] if i else 1 - part[0])
                                * (part[1] if j else 1 - part[1])
                                * (part[2] if k else 1 - part[2])
                            )
                            total += np.float32(weight) * np.float32(
                                values[
                                    high[0] if i else low[0],
                                    high[1] if j else low[1],
                                    high[2] if k else low[2],
                                ]
                            )
                out[x, y, z] = total
