"""What became of the features: statistics of batch norm, CKA, Grad-CAM (Figures 7, 11, Table 6)."""

from __future__ import annotations

from ..store import Store
from .cells import by_start, select, tasks_of
from .columns import column
from .described import scalars
from .frame import Row

LEVELS = 4  # of the encoder
METRIC = "dice"


def fig7(store: Store) -> list[Row]:
    """Each fine-tuned model with batch-norm statistics of the target's data, beside its own.

    The distance is that of both statistics over the encoder (Eq. 15).
    """
    rows: list[Row] = []
    for task in tasks_of(store.plan, "fig7"):
        mixed = by_start(select(store.plan, "fig7", task))
        target = by_start(select(store.plan, "fig7", task, kind="tbs"))
        rows += column(store, f"{task} {METRIC}, statistics as trained", mixed, METRIC, {})
        rows += column(store, f"{task} {METRIC}, of the target alone", target, METRIC, mixed)
        rows += scalars(store, f"{task} distance", target, "distance")
    return rows


def table6(store: Store) -> list[Row]:
    """Linear CKA of pretrained and fine-tuned features, level by level."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, "table6"):
        entries = by_start(select(store.plan, "table6", task, kind="cka"))
        for level in range(1, LEVELS + 1):
            rows += scalars(store, f"{task} level {level}", entries, f"level {level}")
    return rows


def fig11(store: Store) -> list[Row]:
    """How much of the Grad-CAM maps lies in the middle of the crops, where the nodule is."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, "fig11"):
        entries = by_start(select(store.plan, "fig11", task, kind="gradcam"))
        rows += scalars(store, f"{task} share in the middle", entries, "middle_share")
    return rows
