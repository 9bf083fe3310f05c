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
    _count(np.ascontiguousarray(array).reshape(-1), counts)
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


@compiled
def _count(values: NDArray[np.int16], counts: NDArray[np.int64]) -> None:
    """How often each int16 occurs, without the eight-fold copy of ``np.bincount``."""
    for value in values:
        counts[np.int64(value) + 32768] += 1


def find_objects(
    label: NDArray[Any], spacing_mm: Sequence[float]
) -> tuple[list[dict[str, Any]], int]:
    """Connected components (26 neighbours) of ``label > 0``.

    Returns:
        For each component its commonest label, the centre of its bounding box (voxels x, y, z),
        the box as ``[low, high)`` corners, its voxels, and the diameter in mm of the sphere of
        equal volume; and how many components of fewer than 3 voxels were left out.
    """
    components, count = ndimage.label(label > 0, structure=_WHOLE_BODY)
    boxes = ndimage.find_objects(components)
    objects = []
    for number, box in enumerate(boxes, start=1):
        inside = label[box][components[box] == number]
        if inside.size < _MIN_OBJECT_VOXELS:
            continue
        low, high = [side.start for side in box], [side.stop for side in box]
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
