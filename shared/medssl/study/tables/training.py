"""Ways of training: the paper's Figures 8 and 12, and its appendix Table 2."""

from __future__ import annotations

from ..runs import PRETRAIN, Cell
from ..store import Store
from .cells import against, by_row, by_start, level_of, levels, select, tasks_of
from .columns import column
from .convergence import points_of
from .described import scalars
from .frame import Row

METRIC = "dice"
DEPTHS = {2: "shallow", 3: "deep"}  # layers of the heads that tell turns
ANSWERS = {"order accuracy": "accuracy_order", "rotation accuracy": "accuracy_rotation"}


def fig8(store: Store) -> list[Row]:
    """The encoder kept still at first, beside all weights free from the start."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, "fig8"):
        entries = by_row(select(store.plan, "fig8", task), _scheme)
        bases = {name: entries.get(f"{name.split()[0]} full", []) for name in entries}
        rows += column(store, f"{task} {METRIC}", entries, METRIC, bases)
    return rows


def fig8_points(store: Store) -> list[Row]:
    """Validation curves of both schemes."""
    points: list[Row] = []
    for task in tasks_of(store.plan, "fig8"):
        entries = by_row(select(store.plan, "fig8", task), _scheme)
        points += points_of(store, f"{task} {METRIC}", entries, METRIC)
    return points


def fig12(store: Store) -> list[Row]:
    """Each start beside scratch with the same augmentation."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, "fig12"):
        for level in levels(store.plan, "fig12", "augmentation"):
            entries = by_start(select(store.plan, "fig12", task, augmentation=level))
            place = f"{task} {METRIC}, augmentation {level}"
            rows += column(store, place, entries, METRIC, against(entries))
    return rows


def appendix_table2(store: Store) -> list[Row]:
    """What Rubik's cube learns with heads of turns that are as deep as that of the order."""
    cells = select(store.plan, "appendix_table2", kind=PRETRAIN)
    entries = by_row(cells, _depth)
    bases = against(entries, next(iter(entries), ""))
    return [
        row
        for title, answer in ANSWERS.items()
        for row in scalars(store, title, entries, answer, bases)
    ]


def _scheme(cell: Cell) -> str:
    return f"{cell.start} {level_of(cell, 'scheme')}"


def _depth(cell: Cell) -> str:
    """Such as ``rkb, shallow``."""
    depth = level_of(cell, "rotation_head_depth")
    return f"{cell.start}, {DEPTHS.get(depth, f'{depth} layers')}"
