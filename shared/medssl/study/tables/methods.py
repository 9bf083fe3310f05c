"""The paper's main comparison: every start beside training from scratch."""

from __future__ import annotations

import pandas as pd

from ..store import Store
from .frame import framed
from .rows import against, by_start, column, select

# What the paper's Table 3 shows of each task.
TABLE3 = (
    *(("ncc", "auc"), ("ncs", "dice"), ("ncs", "miou"), ("ncs", "miou_plus")),
    *(("lcs", "dice"), ("lcs", "iou")),
)


def table3(store: Store, paper: pd.DataFrame) -> pd.DataFrame:
    """The main comparison: every start beside training from scratch, by task and metric."""
    rows = []
    for task, metric in TABLE3:
        entries = by_start(select(store.plan, "table3", task))
        rows += column(store, f"{task} {metric}", entries, metric, against(entries))
    return framed(rows, paper, "table3", against({row["row"]: [] for row in rows}))
