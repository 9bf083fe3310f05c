"""Patches on a grid: what puzzle and relative-location methods cut out of one crop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..random import fold

Triple = tuple[int, int, int]


class PatchGrid:
    """Where the patches of a grid lie inside a crop.

    Each cell is ``patch_size + jitter + gap`` voxels wide and its patch starts at a whole-voxel
    offset drawn uniformly from ``0 .. jitter`` along each axis; so between neighbouring patches
    ``gap`` voxels or more are always left out and no border can be followed from one to the next.

    Args:
        cells: cells along x, y, z; numbered in row-major order.
        patch_size: voxels x, y, z.
        jitter: largest offset inside a cell, voxels, for all axes or for each.
        gap: least number of voxels between neighbours, for all axes or for each.
        chosen: takes a sample seed, returns the cells to cut, in this order; None cuts all.

    Attributes:
        crop_size: voxels x, y, z of the crop that holds the grid.

    Raises:
        UserError: a size is below 1, or a jitter or gap below 0.
    """

    def __init__(
        self,
        cells: Sequence[int],
        patch_size: Sequence[int],
        jitter: int | Sequence[int] = 0,
        gap: int | Sequence[int] = 0,
        chosen: Callable[[int], Sequence[int]] | None = None,
    ) -> None:
        self.cells = _triple("cells", cells, 1)
        self.patch_size = _triple("patch_size", patch_size, 1)
        self.jitter, self.gap = _triple("jitter", jitter, 0), _triple("gap", gap, 0)
        self.chosen = chosen
        cell = np.add(self.patch_size, np.add(self.jitter, self.gap))
        x, y, z = (np.multiply(self.cells, cell) - self.gap).tolist()  # none after the last patch
        self.crop_size: Triple = (x, y, z)
        corners = np.stack(np.meshgrid(*map(np.arange, self.cells), indexing="ij"), axis=-1)
        self._corners = corners.reshape(-1, 3) * cell

    def starts(self, seed: int) -> NDArray[np.int64]:
        """Starts of the patches of one sample relative to the crop, ``(patches, 3)`` voxels."""
        rng = np.random.default_rng(fold(seed, "patches"))
        starts = self._corners + rng.integers(0, np.add(self.jitter, 1), self._corners.shape)
        return starts if self.chosen is None else starts[list(self.chosen(seed))]


def _triple(name: str, value: int | Sequence[int], least: int) -> Triple:
    numbers = (value,) * 3 if isinstance(value, int) else tuple(value)
    if len(numbers) != 3 or any(int(n) != n or n < least for n in numbers):
        raise UserError(f"{name}: {value!r}, expected three whole numbers of {least} or more")
    x, y, z = (int(n) for n in numbers)
    return x, y, z
