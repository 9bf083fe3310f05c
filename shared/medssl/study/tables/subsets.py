"""Subsets of the labels: the cells of a label curve, and how many subjects these had."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..runs import Plan
from ..store import Store
from .cells import Entries, by_start, levels, select

EXPERIMENT, FRACTION = "labels", "label_fraction"
Levels = dict[float, Entries]  # cells by start, by share of the subjects with labels


def subjects_of(store: Store, entries: Entries) -> int | None:
    """How many subjects with labels the runs had; None where no run is finished."""
    keys = {cell.key for cells in entries.values() for cell in cells}
    found = store.runs[store.runs.index.isin(keys)].get("training_patients", pd.Series(dtype=float))
    return None if found.dropna().empty else int(found.max())


def by_level(store: Store, task: str) -> Levels:
    """Cells of a task's label curve, the smallest share of the subjects first."""
    found: Levels = {}
    for share in shares(store.plan, EXPERIMENT):
        at: dict[str, Any] = {FRACTION: share}
        found[share] = by_start(select(store.plan, EXPERIMENT, task, **at))
    return found


def shares(plan: Plan, experiment: str, **factors: Any) -> list[float]:
    """Shares of the subjects with labels that an experiment fine-tunes on, the smallest first.

    Args:
        plan: with the experiment.
        experiment: its name.
        factors: levels of others; the only cells to look at.

    Raises:
        UserError: it does not name them.
    """
    return sorted(levels(plan, experiment, FRACTION, **factors))


def labels_of(store: Store, entries: Entries) -> str:
    """Such as "4 subjects (5 to 7 cases)": the cases depend on the draw; empty without a run."""
    scans, subjects = _scans(store, entries), subjects_of(store, entries)
    if subjects is None or scans.empty:
        return ""
    low, high = int(scans.min()), int(scans.max())
    cases = f"{low}" if low == high else f"{low} to {high}"
    return f"{subjects} subject{'s' * (subjects != 1)} ({cases} cases)"


def near(store: Store, points: Levels, labels: int | None) -> Levels:
    """The one of some points whose cases are nearest to a number of them, as a ratio; None: all."""
    known = mean_cases(store, points)
    if labels is None or not known:
        return points
    # Quotients, not logarithms, which rounding may tell apart where both are as far.
    share = min(known, key=lambda share: max(known[share] / labels, labels / known[share]))
    return {share: points[share]}


def mean_cases(store: Store, points: Levels) -> dict[float, float]:
    """Labelled cases of each point's finished runs, on average; nothing of a point without one."""
    means = {share: float(_scans(store, entries).mean()) for share, entries in points.items()}
    return {share: mean for share, mean in means.items() if mean == mean}


def _scans(store: Store, entries: Entries) -> pd.Series:
    """Scans with labels of each finished run."""
    keys = {cell.key for cells in entries.values() for cell in cells}
    own = store.runs[store.runs.index.isin(keys)]
    return own.get("training_scans", pd.Series(dtype=float)).dropna()
