"""Pairs of overlapping boxes, of one size or of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray

Size = tuple[int, int, int]
Starts = NDArray[np.int64]


def fitting(sizes: Sequence[Size], shape: Sequence[int]) -> list[Size]:
    """The sizes (voxels) that fit into a volume of ``shape``."""
    return [size for size in sizes if np.all(np.less_equal(size, shape))]


def largest_iou(first: Size, second: Size) -> float:
    """Intersection over union of two boxes of these sizes (voxels) laid over each other."""
    shared = np.minimum(first, second).prod()
    return float(shared / (np.prod(first) + np.prod(second) - shared))


def overlapping_starts(
    start: Starts,
    sizes: tuple[Size, Size],
    shape: Sequence[int],
    min_iou: float,
    count: int,
    rng: np.random.Generator,
) -> Starts:
    """Places for a second box that overlaps a first one enough, uniform over all such.

    Args:
        start: start of the first box, voxels.
        sizes: of the first and of the second box; :func:`largest_iou` of them reaches ``min_iou``.
        shape: of the volume that holds both boxes.
        min_iou: least intersection over union.
        count: how many places to return, or fewer where most tries miss.
        rng: source of the draws.

    Returns:
        ``(n, 3)`` starts of the second box; the last one has the largest overlap there is.
    """
    first, second = np.asarray(sizes[0]), np.asarray(sizes[1])
    volume, smaller = first.prod() + second.prod(), np.minimum(first, second)
    # Shared voxels the two need, and how far apart that lets them be along each axis.
    needed = volume * min_iou / (1 + min_iou)
    overlap = np.ceil(needed / (smaller.prod() / smaller) - 1e-9).astype(np.int64)
    room = np.subtract(shape, second)
    low = np.maximum(start - second + overlap, 0)
    high = np.minimum(start + first - overlap, room)
    nearest = np.clip(start + (first - second) // 2, 0, room)
    starts = rng.integers(np.minimum(low, nearest), np.maximum(high, nearest) + 1, (4 * count, 3))
    edges = np.minimum(start + first, starts + second) - np.maximum(start, starts)
    shared = np.maximum(edges, 0).prod(axis=1)
    enough = starts[shared / (volume - shared) >= min_iou]
    return np.concatenate([enough[:count], nearest[None]])


def resize(crop: NDArray[np.int16], size: Size) -> NDArray[np.int16]:
    """Resample a crop (HU) to ``size`` voxels, trilinearly; unchanged where it has that size."""
    if crop.shape == size:
        return crop
    image = torch.from_numpy(crop).to(torch.float32)[None, None]
    image = F.interpolate(image, size, mode="trilinear", align_corners=False)
    resized: NDArray[np.int16] = image[0, 0].round().to(torch.int16).numpy()
    return resized
