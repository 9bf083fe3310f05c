"""Which process this is."""

from __future__ import annotations

from torch import distributed


def is_main() -> bool:
    """True on rank 0 and in a run of one process."""
    return not (distributed.is_available() and distributed.is_initialized()) or (
        distributed.get_rank() == 0
    )
