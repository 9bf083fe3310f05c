"""What frozen features know, beside what fine-tuning makes of them."""

from __future__ import annotations

from collections.abc import Collection

from ..store import Store
from .cells import by_start, select
from .described import scalars
from .frame import Row

CLASSIFIERS = {"linear": "linear probe", "kNN": "nearest neighbours"}


def probe_columns(store: Store, task: str, starts: Collection[str] | None = None) -> list[Row]:
    """AUC on frozen features of each start; the difference is from the same network untrained.

    Args:
        store: results; no columns where its plan has no probes of this task.
        task: whose objects are told from the rest.
        starts: the only ones; by default all that were probed.
    """
    cells = select(store.plan, "frozen", task, kind="probe")
    entries = by_start(c for c in cells if starts is None or c.start in starts)
    rows = []
    for classifier, title in CLASSIFIERS.items():
        place = f"{task} {title} auc"
        untrained = scalars(store, place, entries, f"untrained, {classifier}")
        for row, without in zip(
            scalars(store, place, entries, f"pretrained, {classifier}"), untrained, strict=True
        ):
            gap = row.get("mean", float("nan")) - without.get("mean", float("nan"))
            rows.append({**row, "difference": gap})
    return rows
