"""How many processes a preparation is worth: each must read its modules first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from ..processes import usable_cpus
from .pairing import Case
from .records import files_of, stats_of

MOST_WORKERS = 8  # where nobody says; a large scan needs 1 to 2 GB
# A process reads its modules for some 6 CPU seconds, and prepares 32 MB of packed CT in one.
WORTH_BYTES = 128 << 20
_SCAN_BYTES = 1 << 20


def worth_starting(groups: Sequence[Sequence[Case]], workers: int | None) -> int:
    """How many processes to prepare with; 1 is this one alone.

    One for each ``WORTH_BYTES`` of files, which may be packed, and a mebibyte more for each scan.

    Args:
        groups: cases that one process takes; those of a file count it once.
        workers: the most; None: one for each core, 8 at most.
    """
    most = min(len(groups), workers or min(usable_cpus(), MOST_WORKERS))
    for work in accumulate(map(_work, groups)):
        if work >= most * WORTH_BYTES:
            return most
    return max(1, min(most, sum(map(_work, groups)) // WORTH_BYTES))


def _work(cases: Iterable[Case]) -> int:
    sizes = {name: size for case in cases for name, size, _ in stats_of(files_of(case))}
    return sum(sizes.values()) + _SCAN_BYTES * len(sizes)
