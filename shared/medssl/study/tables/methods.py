"""The paper's main comparison: every start beside training from scratch."""

from __future__ import annotations

from ..store import Store
from .cells import against, by_start, select
from .columns import column
from .frame import Row
from .probes import probe_columns

# What the paper's Table 3 shows of each task.
TABLE3 = (
    *(("ncc", "auc"), ("ncs", "dice"), ("ncs", "miou"), ("ncs", "miou_plus")),
    *(("lcs", "dice"), ("lcs", "iou")),
)


def table3(store: Store) -> list[Row]:
    """The main comparison by task and metric, and what frozen features know of each task."""
    rows: list[Row] = []
    for task, metric in TABLE3:
        entries = by_start(select(store.plan, "table3", task))
        rows += column(store, f"{task} {metric}", entries, metric, against(entries))
    shown = {cell.start for cell in select(store.plan, "table3")}
    for task in dict.fromkeys(task for task, _ in TABLE3):
        rows += probe_columns(store, task, shown)
    return rows
