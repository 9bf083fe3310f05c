"""A user's own experiments: each start beside scratch, at each level of the factors."""

from __future__ import annotations

from collections.abc import Iterable

from ..runs import FINETUNE, PRETRAIN, Cell, Plan
from ..store import Store
from .cells import against, by_row, by_start, select, tasks_of
from .columns import column
from .described import scalars
from .frame import Maker, Row, Table
from .skills import SKILL

PROSE = "Each start beside scratch at the same level of the experiment's factors."
ALONE = "Skill at the own pretext: 0 as without learning, 1 perfect; described, not tested."


def own_tables(plan: Plan, known: Iterable[Table]) -> dict[str, Table]:
    """A table for each experiment that no other table is read off.

    Args:
        plan: with experiments of any name.
        known: the tables that there are anyway.
    """
    read = {name for table in known for name in table.experiments}
    tuned = {cell.experiment for cell in plan.cells if cell.kind == FINETUNE}
    return {
        name: Table(name, f"Experiment {name}", *_what(name, name in tuned), (name,))
        for name in plan.experiments
        if name not in read
    }


def _what(experiment: str, tuned: bool) -> tuple[Maker, str]:
    return (_outcomes(experiment), PROSE) if tuned else (_skills(experiment), ALONE)


def _skills(experiment: str) -> Maker:
    """Of an experiment that pretrains alone."""

    def make(store: Store) -> list[Row]:
        rows: list[Row] = []
        for level, cells in by_row(select(store.plan, experiment, kind=PRETRAIN), _level).items():
            rows += scalars(
                store, ", ".join(filter(None, (SKILL, level))), by_start(cells), "skill"
            )
        return rows

    return make


def _outcomes(experiment: str) -> Maker:
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
