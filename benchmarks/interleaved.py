"""Timing several ways of doing one thing, in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import NamedTuple

MISSING = "not installed (pip install '.[bench]')"


class Ratio(NamedTuple):
    """Of pairs measured one after the other: the median, the lowest and the highest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        digits = 3 if self.median < 2 else 1
        return f"{self.median:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def paired(over: Sequence[float], under: Sequence[float]) -> Ratio:
    """The ratios of two ways' seconds, turn by turn."""
    ratios = [one / other for one, other in zip(over, under, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def cpu_time(action: Callable[[], object]) -> float:
    """CPU seconds of one call.

    Not the clock: whatever else the machine does, it does not count.
    """
    start = time.process_time()
    action()
    return time.process_time() - start


def cpu_total(action: Callable[[], object]) -> Callable[[int], float]:
    """CPU seconds of so many calls together, whose results are let go as in use."""

    def repeat(calls: int) -> None:
        for _ in range(calls):
            action()

    return lambda calls: cpu_time(partial(repeat, calls))


def per_call(total: Callable[[int], float], at_least: float = 0.05) -> Callable[[], float]:
    """A turn: seconds of one call of as many as take long enough; two calls before do not count.

    Args:
        total: seconds of so many calls together.
        at_least: seconds of a turn.
    """
    total(1)
    calls = max(1, int(at_least / total(1)))
    return lambda: total(calls) / calls


def in_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each way says of its turns, for example their seconds; which is first alternates."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in reversed(ways) if number % 2 else ways:
            taken[name].append(ways[name]())
    return taken


def cpu_turns(
    actions: Mapping[str, Callable[[], object]], rounds: int = 3, warm_up: int = 1
) -> dict[str, list[float]]:
    """CPU seconds of each action in each of its turns, after calls that do not count."""
    for action in actions.values():
        for _ in range(warm_up):
            action()
    return in_turns({name: partial(cpu_time, each) for name, each in actions.items()}, rounds)


def cpu_seconds(
    actions: Mapping[str, Callable[[], object]], rounds: int = 3, warm_up: int = 1
) -> dict[str, float]:
    """The median of :func:`cpu_turns` for each action."""
    turns = cpu_turns(actions, rounds, warm_up)
    return {name: statistics.median(seconds) for name, seconds in turns.items()}


def peer(name: str) -> ModuleType | None:
    """A package of others to measure beside medssl; None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
