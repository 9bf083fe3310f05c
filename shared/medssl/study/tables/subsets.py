"""Subsets of the labels: the cells of a label curve, and how many subjects these had."""

from __future__ import annotations

import pandas as pd

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
    plan = store.plan
    return {
        share: by_start(select(plan, EXPERIMENT, task, **{FRACTION: share}))
        for share in levels(plan, EXPERIMENT, FRACTION)
    }
