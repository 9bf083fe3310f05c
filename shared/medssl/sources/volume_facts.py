"""What is noted of a prepared volume: statistics of its values, objects of its label map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..compiled import compiled
from .resampling import INT16

_MIN_OBJECT_VOXELS = 3
_WHOLE_BODY = np.ones((3, 3, 3), dtype=bool)


def value_statistics(array: NDArray[np.int16]) -> dict[str, float]:
    """Minimum, percentiles, mean, standard deviation and maximum, from one histogram.

    The percentile p is the smallest value that at least p percent of the voxels do not exceed.
    """
    counts = np.zeros(65536, np.int64)
    _count(np.ascontiguousarray(array).reshape(-1), -INT16[0], counts)
    values = np.arange(INT16[0], INT16[1] + 1, dtype=np.float64)
    mean = float(counts @ values / array.size)
    present = np.flatnonzero(counts)
    ranks = np.ceil(np.array([0.005, 0.5, 0.995]) * array.size)
    low, median, high = values[np.searchsorted(np.cumsum(counts), ranks)]
    return {
        "min": values[present[0]],
        "percentile_0.5": low,
        "median": median,
        "mean": round(mean, 3),
        "std": round(float(np.sqrt(counts @ (values - mean) ** 2 / array.size)), 3),
        "percentile_99.5": high,
        "max": values[present[-1]],
    }


def count_labels(label: NDArray[Any]) -> dict[str, int]:
    """Voxels of each value of a label map, uint8 or uint16."""
    counts = np.zeros(np.iinfo(label.dtype).max + 1, np.int64)
    _count(np.ascontiguousarray(label).reshape(-1), 0, counts)
    return {str(value): int(counts[value]) for value in np.flatnonzero(counts)}


@compiled
def _count(values: NDArray[Any], first: int, counts: NDArray[np.int64]) -> None:
    """How often each value occurs, without the eight-fold copy of ``np.bincount``."""
    for value in values:
        counts[np.int64(value) + first] += 1


def find_objects(
    label: NDArray[Any], spacing_mm: Sequence[float]
) -> tuple[list[dict[str, Any]], int]:
    """Connected components (26 neighbours) of ``label > 0``.

    Returns:
        For each component its commonest label, the centre of its bounding box (voxels x, y, z),
        the box as ``[low, high)`` corners, its voxels, and the diameter in mm of the sphere of
        equal volume; and how many components of fewer than 3 voxels were left out.
    """
    start, drawn = _drawn(label)
    components, count = ndimage.label(drawn > 0, structure=_WHOLE_BODY)
    boxes = ndimage.find_objects(components)
    objects = []
    for number, box in enumerate(boxes, start=1):
        inside = drawn[box][components[box] == number]
        if inside.size < _MIN_OBJECT_VOXELS:
            continue
        low, high = (
            [at + int(first) for at, first in zip(ends, start, strict=True)]
            for ends in ([side.start for side in box], [side.stop for side in box])
        )
        volume = inside.size * float(np.prod(spacing_mm))
        objects.append(
            {
                "label": int(np.bincount(inside).argmax()),
                "center": [(a + b - 1) / 2 for a, b in zip(low, high, strict=True)],
                "bbox": [low, high],
                "voxels": int(inside.size),
                "diameter_mm": round((6 * volume / np.pi) ** (1 / 3), 3),
            }
        )
    return objects, count - len(objects)


def _drawn(label: NDArray[Any]) -> tuple[list[int], NDArray[Any]]:
    """The box that holds all of a label map, and where it begins: components need four bytes."""
    flat: NDArray[np.bool_] = np.any(label, axis=2)
    if not flat.any():
        return [0, 0, 0], label[:1, :1, :1]
    lines = flat.any(axis=1), flat.any(axis=0), np.any(label, axis=(0, 1))
    ends = [np.flatnonzero(line)[[0, -1]].tolist() for line in lines]
    return [low for low, _ in ends], label[tuple(slice(low, high + 1) for low, high in ends)]
