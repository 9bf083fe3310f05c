"""Which process this is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


def is_main() -> bool:
    """True on rank 0 and in a run of one process."""
    distributed = _group()
    return distributed is None or distributed.get_rank() == 0


def on_main(work: Callable[[], Result]) -> Result:
    """What ``work`` returns on rank 0, on every rank; where it fails there, no rank waits for it.

    A collective call: every rank makes it.

    Raises:
        Exception: on rank 0, what ``work`` raised.
        SystemExit: on the others, which have nothing to add to it.
    """
    distributed = _group()
    if distributed is None:
        return work()
    outcome: list[Any] = [None, True]
    failure: Exception | None = None
    if is_main():
        try:
            outcome = [work(), False]
        except Exception as error:  # raised again once the others know
            failure = error
    distributed.broadcast_object_list(outcome, src=0)
    if failure is not None:
        raise failure
    if outcome[1]:
        raise SystemExit(1)
    result: Result = outcome[0]
    return result


def _group() -> Any:
    """``torch.distributed`` where this process is one of several; who never read it is alone."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return None
    return distributed
