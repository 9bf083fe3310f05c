"""Cells of a plan by the rows of a table, and what a store has of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...analysis.outcomes import Outcome
from ...errors import UserError
from ..catalogue import SCRATCH
from ..runs import FINETUNE, PRETRAIN, Cell, Plan
from ..store import Store
from .frame import FAILED, MISSING, NOT_FEASIBLE, NOT_RUN, Row

Cells = Sequence[Cell]  # of one row: one for each seed
Entries = Mapping[str, Cells]  # by row of the table
Runs = tuple[str, ...]  # keys of the runs of a row: what it is, whatever it is called


def select(
    plan: Plan, experiment: str, task: str | None = None, kind: str = FINETUNE, **factors: Any
) -> list[Cell]:
    """Cells of an experiment, of one kind of run, at these levels of its factors."""
    return [
        cell
        for cell in plan.cells
        if (cell.experiment, cell.kind) == (experiment, kind)
        and (task is None or cell.task == task)
        and all(cell.factors.get(name) == level for name, level in factors.items())
    ]


def by_row(cells: Iterable[Cell], name: Callable[[Cell], str]) -> dict[str, list[Cell]]:
    """Cells by the row that they belong to.

    Raises:
        UserError: a row would have two runs of one start, task and seed, of which one can be shown.
    """
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(name(cell), []).append(cell)
    for row, own in found.items():
        first: dict[tuple[str, str | None, int], Cell] = {}
        for cell in own:
            other = first.setdefault((cell.start, cell.task, cell.seed), cell)
            if other.key != cell.key:
                _refuse_levels(row, other, cell)
    return found


def _refuse_levels(row: str, one: Cell, other: Cell) -> None:
    """Refuse two runs in one place: their experiment has levels that its table knows nothing of."""
    names = sorted(
        name
        for name in {*one.factors, *other.factors}
        if one.factors.get(name) != other.factors.get(name)
    )
    raise UserError(
        f"experiment {other.experiment}: {row} has several runs of seed {other.seed}, by "
        f"{' and '.join(names) or 'what it starts from'}, and this table shows one; leave one "
        "level, or give the experiment a name of its own"
    )


def level_of(cell: Cell, factor: str) -> Any:
    """The level of a factor that the table of an experiment tells its runs apart by.

    Raises:
        UserError: the experiment does not have it.
    """
    if factor not in cell.factors:
        raise UserError(
            f"experiment {cell.experiment}: no {factor}, which this table tells its runs apart by; "
            "name its levels there, or give the experiment a name of its own"
        )
    return cell.factors[factor]


def by_start(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """One row for each start."""
    return by_row(cells, lambda cell: cell.start)


def pretrainings(plan: Plan, cells: Iterable[Cell]) -> list[Cell]:
    """The pretrainings that fine-tunings started from, each once."""
    found = {
        key: replace(cell, kind=PRETRAIN, task=None, key=key)
        for cell in cells
        for key in plan.runs[cell.key].upstream
    }
    return list(found.values())


def levels(plan: Plan, experiment: str, factor: str, **factors: Any) -> list[Any]:
    """Levels of a factor, in their order, among cells at these levels of others.

    Raises:
        UserError: see :func:`level_of`.
    """
    cells = select(plan, experiment, **factors)
    found = [level_of(cell, factor) for cell in cells]
    return [level for place, level in enumerate(found) if level not in found[:place]]


def tasks_of(plan: Plan, experiment: str) -> list[str]:
    """Tasks of an experiment, in their order."""
    found = [cell.task for cell in plan.cells if cell.experiment == experiment]
    return [task for task in dict.fromkeys(found) if task is not None]


def against(entries: Entries, baseline: str = SCRATCH) -> dict[str, Cells]:
    """All rows compared with one of them."""
    return dict.fromkeys(entries, entries[baseline]) if baseline in entries else {}


def runs_of(cells: Cells) -> Runs:
    """What a row is, whatever it is called."""
    return tuple(cell.key for cell in cells)


def finished_runs(store: Store, entries: Iterable[Cells]) -> dict[Runs, dict[int, str]]:
    """Finished runs by seed, of entries that have some."""
    done = {
        runs_of(cells): {cell.seed: cell.key for cell in cells if cell.key in store.runs.index}
        for cells in entries
    }
    return {runs: keys for runs, keys in done.items() if keys}


def outcomes(
    store: Store, keys: Mapping[int, str], cases: Collection[str] | None = None
) -> dict[int, list[Outcome]]:
    """Outcomes of runs, by seed."""
    found: dict[int, list[Outcome]] = {seed: [] for seed in keys}
    fields = list(Outcome._fields)
    for seed, key in keys.items():
        own = store.of(key)
        chosen = own if cases is None else own[own["case"].isin(cases)]
        found[seed] = [Outcome(*row) for row in chosen[fields].itertuples(index=False, name=None)]
    return found


def waiting(store: Store, cells: Iterable[Cell]) -> set[str]:
    """Keys of the runs that have no result yet; what is not feasible never has one."""
    return {cell.key for cell in cells} - {*store.runs.index, *store.infeasible}


def values_of(store: Store, name: str) -> dict[str, float]:
    """A column of the store's runs by key, without those that lack it."""
    return store.runs[name].dropna().to_dict() if name in store.runs.columns else {}


def empty(store: Store, title: str, name: str, cells: Cells) -> Row:
    """A row whose runs are missing, with the reason where they cannot be, or where they failed."""
    reasons = sorted({reason(store, cell.key) for cell in cells})
    word = min(reasons, key=lambda why: MISSING.index(why.split(":")[0]), default=NOT_RUN)
    return {"row": name, "column": title, "verdict": word, "keys": ""}


def reason(store: Store, key: str) -> str:
    """Why a run has no result."""
    if key in store.infeasible:
        return f"{NOT_FEASIBLE}: {store.infeasible[key]}"
    return f"{FAILED}: {store.failed[key]}" if key in store.failed else NOT_RUN
