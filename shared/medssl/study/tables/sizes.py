"""The paper's Table 5 and Figure 10: sizes of the pretext's input."""

from __future__ import annotations

import re

from ..store import Store
from .cells import Entries, by_start, pretrainings, select, values_of
from .columns import column, described, scalars
from .frame import Row
from .probes import probe_columns

TABLE5 = (("ncc", "auc"), ("ncs", "dice"), ("lcs", "dice"))
SCANS = "scans in the pretraining"
_SIZE = re.compile(r"\d+$")


def table5(store: Store) -> list[Row]:
    """Each size beside its method's own: pretext accuracy, tasks, and the scans it was made from.

    Scans that are smaller than a size leave its pretraining; the numbers show it.
    """
    rows: list[Row] = []
    cells = select(store.plan, "table5")
    before = by_start(pretrainings(store.plan, cells))
    rows += described(store, SCANS, before, values_of(store, "training_scans"), {})
    rows += scalars(store, "pretext accuracy", before, "accuracy", _own_sizes(before))
    for task, metric in TABLE5:
        entries = by_start(cell for cell in cells if cell.task == task)
        rows += column(store, f"{task} {metric}", entries, metric, _own_sizes(entries))
    for task, _ in TABLE5:
        rows += probe_columns(store, task, {cell.start for cell in cells})
    return rows


def _own_sizes(entries: Entries) -> Entries:
    """By row, its method at the size that the main comparison has: ``rot48`` beside ``rot``."""
    return {name: entries.get(_SIZE.sub("", name), []) for name in entries}
