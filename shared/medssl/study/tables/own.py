"""A user's own experiments: each start beside scratch, at each level of the factors."""

from __future__ import annotations

from collections.abc import Iterable

from ..runs import FINETUNE, Cell, Plan
from ..store import Store
from .cells import against, by_row, by_start, select, tasks_of
from .columns import column
from .frame import Maker, Row, Table

PROSE = "Each start beside scratch at the same level of the experiment's factors."


def own_tables(plan: Plan, known: Iterable[Table]) -> dict[str, Table]:
    """A table for each experiment that fine-tunes and that no other table is read off.

    Args:
        plan: with experiments of any name.
        known: the tables that there are anyway.
    """
    read = {name for table in known for name in table.experiments}
    tuned = dict.fromkeys(cell.experiment for cell in plan.cells if cell.kind == FINETUNE)
    return {
        name: Table(name, f"Experiment {name}", _maker(name), PROSE, (name,))
        for name in tuned
        if name not in read
    }


def _maker(experiment: str) -> Maker:
    def make(store: Store) -> list[Row]:
        rows: list[Row] = []
        for task in tasks_of(store.plan, experiment):
            metric = str(store.plan.tasks[task]["metric"])
            for level, cells in by_row(select(store.plan, experiment, task), _level).items():
                entries = by_start(cells)
                title = ", ".join(filter(None, (f"{task} {metric}", level)))
                rows += column(store, title, entries, metric, against(entries))
        return rows

    return make


def _level(cell: Cell) -> str:
    """Such as ``learning_rate 0.001, scheme full``."""
    return ", ".join(f"{name} {level}" for name, level in cell.factors.items())
