"""Which windows of a sliding window run, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..bars import progress_bar
from ..crops.window_rule import BLOCK, Blocks
from ..ranks import is_main

Size = tuple[int, int, int]
_QUIET_S = 2.0  # what takes no longer needs no bar


class WindowPlan:
    """The windows of MONAI's sliding window over a batch of scans, and which of them run.

    A scan is divided among its windows: a voxel belongs to the one whose centre is nearest along
    each axis. A window runs if what belongs to it holds a block that is to be seen, so every voxel
    of such a block is predicted, at least by the window in which it lies most centrally.

    Args:
        shape: of a scan, voxels.
        roi: voxels of a window.
        overlap: share of a window that the next one covers, for all axes or each.
        blocks: of each scan what is to be seen, see :class:`~medssl.crops.window_rule.WindowRule`;
            None for all of it.

    Attributes:
        runs: ``(B, NX, NY, NZ)``, whether each window does.
    """

    def __init__(
        self,
        shape: Sequence[int],
        roi: Sequence[int],
        overlap: float | Sequence[float],
        blocks: Sequence[Blocks | None],
    ) -> None:
        overlaps = np.broadcast_to(overlap, 3).tolist()
        self.starts = [_starts(*axis) for axis in zip(shape, roi, overlaps, strict=True)]
        own = [_own(*axis) for axis in zip(self.starts, roi, shape, strict=True)]
        self.runs = np.stack([_seen(each, own) for each in blocks])
        self._at = [{start: n for n, start in enumerate(starts)} for starts in self.starts]

    @property
    def count(self) -> int:
        """How many windows run."""
        return int(self.runs.sum())

    def wanted(self, places: Sequence[Sequence[slice]]) -> NDArray[np.bool_]:
        """Whether windows run.

        Args:
            places: of each window the slices of batch, channels, x, y and z, as MONAI gives them.
        """
        spots = [
            (batch.start, *(at[axis.start] for at, axis in zip(self._at, axes, strict=True)))
            for batch, _, *axes in places
        ]
        return np.array([self.runs[spot] for spot in spots])


def _starts(side: int, window: int, overlap: float) -> list[int]:
    """Where MONAI's windows start along one axis; at 0 alone in a scan that has to be padded."""
    step = max(1, int(window * (1 - overlap)))
    last = max(side - window, 0)
    return [*range(0, last, step), last]


def _own(starts: Sequence[int], window: int, side: int) -> list[tuple[int, int]]:
    """First and last voxel, not included, that belong to each window along one axis."""
    middles = [(one + other + window) // 2 for one, other in pairwise(starts)]
    return list(zip([0, *middles], [*middles, side], strict=True))


def _seen(blocks: Blocks | None, own: Sequence[Sequence[tuple[int, int]]]) -> NDArray[np.bool_]:
    """Which parts of a scan hold a block that is to be seen."""
    if blocks is None:
        return np.ones([len(parts) for parts in own], dtype=bool)
    found = blocks
    for axis, parts in enumerate(own):
        slabs = [
            found.take(range(low // BLOCK, -(-high // BLOCK)), axis=axis) for low, high in parts
        ]
        found = np.stack([slab.any(axis=axis) for slab in slabs], axis=axis)
    return found


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], object]]:
    """A bar over the windows of a scan, gone when they are done; none on other ranks.

    Yields:
        What to call with the number of windows done since.
    """
    if not is_main():
        yield lambda _: None
        return
    with progress_bar(
        total=total, unit="window", desc="windows", leave=False, delay=_QUIET_S
    ) as bar:
        yield bar.update
