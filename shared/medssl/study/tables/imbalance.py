"""Few positives: the paper's Figure 2 and Table 7, by ratio and number of candidates."""

from __future__ import annotations

from collections.abc import Callable

from ..runs import Cell
from ..store import Store
from .cells import Entries, against, by_row, level_of, levels, select
from .columns import column
from .frame import Row

RATIO, NUMBER = "imbalance_ratio", "num_samples"
# Metric and class of a classification: the shares of positives and of negatives that are right.
AUC: tuple[str, str | None] = ("auc", None)
CLASSES: dict[str, tuple[str, str | None]] = {
    "sensitivity": ("correct", "1"),
    "specificity": ("correct", "0"),
}


def fig2(store: Store) -> list[Row]:
    """Sensitivity and specificity of each start, beside scratch on the same candidates."""
    return _grid(store, "fig2", CLASSES, lambda cell: cell.start)


def table7(store: Store) -> list[Row]:
    """AUC and sensitivity with resampling, and with pretraining too, beside plain training."""
    shown = {"auc": AUC, "sensitivity": CLASSES["sensitivity"]}
    return _grid(store, "table7", shown, _with_resampling)


def _grid(
    store: Store,
    experiment: str,
    shown: dict[str, tuple[str, str | None]],
    name: Callable[[Cell], str],
) -> list[Row]:
    """One column for each figure, ratio and number."""
    rows: list[Row] = []
    for title, (metric, label) in shown.items():
        for ratio in levels(store.plan, experiment, RATIO):
            for number in levels(store.plan, experiment, NUMBER):
                at = {RATIO: ratio, NUMBER: number}
                entries: Entries = by_row(select(store.plan, experiment, **at), name)
                bases = against(entries)
                place = f"{title}, r {ratio:g}, N {number}"
                rows += column(store, place, entries, metric, bases, label)
    return rows


def _with_resampling(cell: Cell) -> str:
    """Such as ``scratch``, ``mg, mean resampling``."""
    way = level_of(cell, "resampling")
    return cell.start if way == "none" else f"{cell.start}, {way} resampling"
