"""Linear resampling along a scan's own axes in one pass, blurred where voxels become coarser.

Values between voxels are interpolated linearly. Along an axis that becomes coarser, what is finer
than the new voxels would be left as false structure (aliasing), so the interpolated values are
averaged over a box there, as a thicker slice would: of such a width that the filter spreads as a
triangle of two new voxels does. A field that is linear in mm stays exact at every voxel size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Slab = tuple[tuple[slice, ...], NDArray[np.float32]]

READ = (np.int16, np.float32)  # types for which loops are compiled
_OFF_AXIS = 1e-3  # voxels that a whole scan may lie off its axes


@dataclass(frozen=True)
class AxisTaps:
    """Which voxels of the source, with which weights, make each new voxel along one axis.

    Attributes:
        source: the source's axis.
        index: ``(new voxels, taps)`` places along it; what lies beyond a face is the face's.
        weight: likewise, each row sums to 1.
    """

    source: int
    index: NDArray[np.int64]
    weight: NDArray[np.float32]


def axis_taps(
    to_source: NDArray[np.float64],
    shape: Sequence[int],
    wanted: Sequence[int],
    antialias: bool = True,
) -> list[AxisTaps] | None:
    """Taps of each axis of a new grid; None where its axes are not the source's.

    Args:
        to_source: ``(4, 4)``, from voxels of the new grid to voxels of the source.
        shape: voxels of the source.
        wanted: voxels of the new grid.
        antialias: blur along axes that become coarser.
    """
    lines = axis_lines(to_source, wanted)
    if lines is None:
        return None
    taps = []
    for source, centres, scale in lines:
        blur = _width(scale) if antialias else 0.0
        taps.append(AxisTaps(source, *_around(centres, blur, shape[source])))
    return taps


def axis_lines(
    to_source: NDArray[np.float64], wanted: Sequence[int]
) -> list[tuple[int, NDArray[np.float64], float]] | None:
    """Where each axis of a new grid runs; None where its axes are not the source's.

    Args:
        to_source: ``(4, 4)``, from voxels of the new grid to voxels of the source.
        wanted: voxels of the new grid.

    Returns:
        For each axis the source's, the places of the new voxels along it, and the step.
    """
    linear = to_source[:3, :3]
    along = np.abs(linear).argmax(axis=0)
    if sorted(along) != [0, 1, 2]:
        return None
    off = linear.copy()
    off[along, range(3)] = 0
    if (np.abs(off) @ np.asarray(wanted)).max() > _OFF_AXIS:
        return None
    lines = []
    for axis, source in enumerate(along.tolist()):
        step = float(linear[source, axis])
        lines.append((source, step * np.arange(wanted[axis]) + to_source[source, 3], step))
    return lines


def blurring_taps(shape: Sequence[int], scales: Sequence[float]) -> list[AxisTaps]:
    """Taps of the scan's own grid, blurred as for voxels so many times as large along each axis."""
    return [
        AxisTaps(axis, *_around(np.arange(float(side)), _width(scale), side))
        for axis, (side, scale) in enumerate(zip(shape, scales, strict=True))
    ]


def _width(scale: float) -> float:
    """Of the box, in voxels of the source."""
    return math.sqrt(2 * (scale**2 - 1)) if abs(scale) > 1 else 0.0


def _around(
    centres: NDArray[np.float64], blur: float, size: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Places within reach of each centre, and their weights."""
    reach = 1 + blur / 2
    first = np.floor(centres - reach).astype(np.int64) + 1
    index = first[:, None] + np.arange(math.ceil(2 * reach))
    away = index - centres[:, None]
    if blur < 1e-3:
        weight = np.maximum(0, 1 - np.abs(away))
    else:
        weight = (_triangle_up_to(away + blur / 2) - _triangle_up_to(away - blur / 2)) / blur
    return index.clip(0, size - 1), weight.astype(np.float32)


def _triangle_up_to(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area of linear interpolation's weights, ``1 - |x|``, up to x."""
    rising, falling = np.clip(x + 1, 0, 1), np.clip(1 - x, 0, 1)
    return np.where(x < 0, rising**2 / 2, 1 - falling**2 / 2)


def resampled_slabs(
    values: NDArray[Any], taps: Sequence[AxisTaps], depth: int = 16
) -> Iterator[Slab]:
    """The new voxels slab by slab, so that no whole scan of floats is held.

    Args:
        values: ``(X, Y, Z)`` of the source, its axes in any order in memory.
        taps: of :func:`axis_taps`.
        depth: voxels of a slab along the axis that lies farthest apart in memory.

    Yields:
        The place in the new grid, and its voxels with the new grid's axes.
    """
    order = sorted(range(3), key=lambda axis: -abs(values.strides[axis]))
    new = [next(a for a, tap in enumerate(taps) if tap.source == source) for source in order]
    back = np.argsort(new)
    plain = np.ascontiguousarray(values.transpose(order))
    if plain.dtype not in READ:
        plain = plain.astype(np.float32)
    outer, *inner = (taps[axis] for axis in new)
    plane = np.empty(plain.shape[1:], np.float32)
    for start in range(0, len(outer.index), depth):
        rows = slice(start, start + depth)
        slab = np.empty(
            (len(outer.index[rows]), len(inner[0].index), len(inner[1].index)), np.float32
        )
        _fill_slab(
            *(plain, slab, plane, outer.index[rows], outer.weight[rows]),
            *(inner[0].index, inner[0].weight, inner[1].index, inner[1].weight),
        )
        where = [slice(None)] * 3
        where[new[0]] = rows
        yield tuple(where), slab.transpose(back)


def resampled(values: NDArray[Any], taps: Sequence[AxisTaps]) -> NDArray[np.float32]:
    """All new voxels, see :func:`resampled_slabs`."""
    whole = np.empty([len(tap.index) for tap in taps], np.float32)
    for where, slab in resampled_slabs(values, taps):
        whole[where] = slab
    return whole


@compiled
def _fill_slab(
    values: NDArray[Any],
    out: NDArray[np.float32],
    plane: NDArray[np.float32],
    index0: NDArray[np.int64],
    weight0: NDArray[np.float32],
    index1: NDArray[np.int64],
    weight1: NDArray[np.float32],
    index2: NDArray[np.int64],
    weight2: NDArray[np.float32],
) -> None:
    """Weighted sums of planes, of their rows, and of each row's voxels, without copies between."""
    row = np.empty(values.shape[2], np.float32)
    for i in range(out.shape[0]):
        plane[:] = 0
        for k in range(index0.shape[1]):
            if weight0[i, k] != 0:
                _add(plane, values[index0[i, k]], weight0[i, k])
        for j in range(out.shape[1]):
            row[:] = 0
            for k in range(index1.shape[1]):
                for z in range(len(row)):
                    row[z] += weight1[j, k] * plane[index1[j, k], z]
            for z in range(out.shape[2]):
                total = np.float32(0)
                for k in range(index2.shape[1]):
                    total += weight2[z, k] * row[index2[z, k]]
                out[i, j, z] = total


@compiled
def _add(plane: NDArray[np.float32], values: NDArray[Any], weight: np.float32) -> None:
    for y in range(plane.shape[0]):
        for z in range(plane.shape[1]):
            plane[y, z] += weight * np.float32(values[y, z])
