"""Timing several ways of doing one thing, in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Mapping
from types import ModuleType

MISSING = "not installed (pip install '.[bench]')"


def cpu_seconds(
    actions: Mapping[str, Callable[[], object]], rounds: int = 3, warm_up: int = 1
) -> dict[str, float]:
    """Median CPU seconds of each action over rounds in which each has its turn.

    CPU time and not the clock: whatever else the machine does, it does not count.
    """
    for action in actions.values():
        for _ in range(warm_up):
            action()
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            start = time.process_time()
            action()
            taken[name].append(time.process_time() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def peer(name: str) -> ModuleType | None:
    """A package of others to measure beside medssl; None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
