"""Which crops show lung: the exact test, and a coarse summary that answers most cases unread.

The tissue score follows the rule by which Models Genesis, and with it the paper (arXiv 2209.12157),
picks its crops: a voxel of soft tissue counts 1, a voxel of air or lung with soft tissue in the
next slice counts 1/2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from ..compiled import compiled

TISSUE_HU = -150
AIR_HU = -900
BLOCK = 8
OCCUPANCY = "occupancy"  # attribute of a stored volume

Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]


def tissue_and_matter(
    window: NDArray[np.int16], depth: int, dark: int = AIR_HU
) -> tuple[float, float]:
    """Score a crop.

    Args:
        window: ``(X, Y, depth + 1)`` HU, the crop and the slice after it; ``(X, Y, depth)`` where
            the scan ends.
        depth: slices of the crop.
        dark: value up to which a voxel is air outside the body; scans that are not in HU have one
            of their own.

    Returns:
        The tissue score divided by the crop's voxels: a voxel counts 1 at -150 HU or more, and 1/2
        where it is less but the next slice's voxel is not. And the share of voxels above ``dark``.
    """
    crop = window[..., :depth]
    matter = np.count_nonzero(crop > dark) / crop.size
    return int(_half_points(window)[..., :depth].sum(dtype=np.int64)) / (2 * crop.size), matter


def _half_points(hu: NDArray[np.int16]) -> NDArray[np.uint8]:
    """2 for tissue, 1 for no tissue below tissue, 0 elsewhere."""
    tissue = (hu >= TISSUE_HU).view(np.uint8)
    points = 2 * tissue
    points[..., :-1] |= tissue[..., 1:] & ~tissue[..., :-1] & 1
    return points


def pack_occupancy(hu: NDArray[np.int16], dark: int = AIR_HU) -> dict[str, Any]:
    """Sum half points and matter over blocks of 8^3 voxels, for storing beside the volume.

    Args:
        hu: ``(X, Y, Z)`` voxels.
        dark: see :func:`tissue_and_matter`; kept with the sums.
    """
    import blosc2

    sums = np.zeros((2, *(-(-side // BLOCK) for side in hu.shape)), np.uint16)
    _add_blocks(np.ascontiguousarray(hu), dark, sums)
    packed = blosc2.compress2(sums.tobytes(), typesize=2)
    return {"shape": list(sums.shape), "sums": packed, "dark": dark}


@compiled
def _add_blocks(hu: NDArray[np.int16], dark: int, sums: NDArray[np.uint16]) -> None:
    """What :func:`_half_points` and the comparison with ``dark`` sum up to, without copies."""
    slices = hu.shape[2]
    for x in range(hu.shape[0]):
        for y in range(hu.shape[1]):
            for block in range(sums.shape[3]):
                points = matter = 0
                for z in range(block * BLOCK, min(slices, (block + 1) * BLOCK)):
                    tissue = hu[x, y, z] >= TISSUE_HU
                    below = z + 1 < slices and hu[x, y, z + 1] >= TISSUE_HU
                    points += 2 if tissue else 1 if below else 0
                    matter += 1 if hu[x, y, z] > dark else 0
                sums[0, x // BLOCK, y // BLOCK, block] += points
                sums[1, x // BLOCK, y // BLOCK, block] += matter


class Occupancy:
    """Bounds of the exact test for any crop of one scan, from its block sums.

    Args:
        packed: what :func:`pack_occupancy` returned.
        shape: voxels of the scan.

    Attributes:
        dark: see :func:`tissue_and_matter`.
    """

    def __init__(self, packed: dict[str, Any], shape: tuple[int, int, int]) -> None:
        import blosc2

        raw = np.frombuffer(blosc2.decompress2(packed["sums"]), dtype=np.uint16)
        sums = raw.reshape(packed["shape"]).astype(np.int32)
        for axis in (1, 2, 3):
            sums = sums.cumsum(axis=axis, dtype=np.int32)
        self._table = np.pad(sums, [(0, 0), (1, 0), (1, 0), (1, 0)])
        self._reals = self._table.astype(np.float64)
        self._shape = np.asarray(shape)
        self.dark = int(packed.get("dark", AIR_HU))

    def bounds(self, starts: NDArray[np.int64], size: NDArray[np.int64]) -> tuple[Bounds, Bounds]:
        """Lower and upper bounds of tissue score and matter of crops at ``starts`` ``(N, 3)``."""
        ends = starts + size
        whole = np.where(ends == self._shape, -(-ends // BLOCK), ends // BLOCK)
        inner_low = -(-starts // BLOCK)
        inner = self._sum(inner_low, np.maximum(inner_low, whole))
        outer = self._sum(starts // BLOCK, -(-ends // BLOCK))
        voxels = float(np.prod(size))
        tissue = inner[0] / (2 * voxels), np.minimum(outer[0] / (2 * voxels), 1)
        return tissue, (inner[1] / voxels, np.minimum(outer[1] / voxels, 1))

    def estimate(
        self, starts: NDArray[np.int64], size: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Tissue score and matter of crops at ``starts`` ``(N, 3)``, as if blocks were uniform."""
        whole, rest = self._shape // BLOCK, self._shape % BLOCK
        total = np.zeros((2, len(starts)))
        for corner in np.ndindex(2, 2, 2):
            place = starts + np.multiply(corner, size)
            last = np.minimum(place // BLOCK, whole)
            width = np.where(last < whole, BLOCK, np.maximum(rest, 1))
            where = (last + (place - last * BLOCK) / width).T
            sign = 1 if (3 - sum(corner)) % 2 == 0 else -1
            total += sign * np.stack([map_coordinates(t, where, order=1) for t in self._reals])
        voxels = float(np.prod(size))
        return total[0] / (2 * voxels), total[1] / voxels

    def _sum(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
        total = np.zeros((2, len(low)), dtype=np.int64)
        for corner in np.ndindex(2, 2, 2):
            x, y, z = np.where(corner, high, low).T
            sign = 1 if (3 - sum(corner)) % 2 == 0 else -1
            total += sign * self._table[:, x, y, z]
        return total
