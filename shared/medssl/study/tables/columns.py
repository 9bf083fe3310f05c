"""Columns of a table: what was found, and what may be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ...analysis.evidence import (
    Arm,
    SharedArms,
    arms_on_shared_cases,
    compare_pairs,
    difference,
    estimate,
    on_shared_seeds,
    spread,
)
from ...analysis.statistics import Estimate
from ...errors import UserError
from ..runs import Cell
from ..store import Store
from .cells import (
    Cells,
    Entries,
    Runs,
    by_start,
    empty,
    finished_runs,
    outcomes,
    runs_of,
    waiting,
)
from .frame import BASELINE, INCOMPLETE, NOT_FEASIBLE, Row
from .notes import of_row


def column(
    store: Store,
    title: str,
    entries: Entries,
    metric: str,
    bases: Entries,
    label: str | None = None,
    cases: Collection[str] | None = None,
) -> list[Row]:
    """One column of a table, of outcomes of cases: one family of tests.

    All rows are judged on the cases that all of them have. A row's mean is over its own seeds, its
    difference over those that its baseline has, too; notes say what was left out. What still waits
    for runs of its own, or of its baseline's, has no claim, and counts as p = 1 in the family.

    Args:
        store: results.
        title: of the column.
        entries: cells of each row, of which runs that are there are taken.
        metric, label: see :func:`~medssl.analysis.evidence.arm_of`.
        bases: by row, the cells that it is compared with; its own for a baseline.
        cases: the only ones to count.
    """
    done = finished_runs(store, [*entries.values(), *bases.values()])
    every = {runs: outcomes(store, keys, cases) for runs, keys in done.items()}
    try:
        shared = arms_on_shared_cases(every, metric, label, title)
    except UserError as error:
        return refused(title, entries, error)
    return judged(store, title, entries, shared, bases)


def refused(title: str, entries: Entries, error: UserError) -> list[Row]:
    """A column that cannot be made, with the reason in each place."""
    word = f"{NOT_FEASIBLE}: {error}"
    return [{"row": name, "column": title, "verdict": word, "keys": ""} for name in entries]


def arms_of(store: Store, cells: Iterable[Cell], metric: str) -> dict[str, Arm]:
    """Arms by start, of starts that have runs, on the cases and seeds that all of these have."""
    entries = by_start(cells)
    done = finished_runs(store, entries.values())
    every = {
        start: outcomes(store, done[runs_of(own)])
        for start, own in entries.items()
        if runs_of(own) in done
    }
    arms = arms_on_shared_cases(every, metric).arms
    alike = on_shared_seeds(*arms.values()) if arms else ()
    return dict(zip(arms, alike, strict=False))  # none without a common seed


def judged(
    store: Store, title: str, entries: Entries, shared: SharedArms[Runs], bases: Entries
) -> list[Row]:
    """Rows of a column from arms of runs; see :func:`column`."""
    planned = {
        name: (cells, bases[name])
        for name, cells in entries.items()
        if bases.get(name) and runs_of(cells) != runs_of(bases[name])
    }
    rows = {row["row"]: row for row in empty_rows(store, title, entries, bases)}
    for name, row in rows.items():
        cells = entries[name]
        if runs_of(cells) in shared.arms:
            row |= _figures(shared.arms[runs_of(cells)], cells) | {"verdict": word_of(cells, bases)}
            row["note"] = of_row(store, cells, bases.get(name, ()), row["baseline"], shared)
    pairs = _pairs(planned, shared.arms)
    begun = {name: word for name, pair in planned.items() if (word := _begun(store, *pair))}
    for name, word in begun.items():
        rows[name]["verdict"] = word
        if name in pairs:
            rows[name] |= _gap(difference(*pairs[name]))
    whole = {name: pair for name, pair in pairs.items() if name not in begun}
    for one in compare_pairs(whole, family=len(planned)):
        rows[one.name] |= _gap(one.difference) | {"verdict": one.verdict, "p": one.p}
        rows[one.name] |= {"p_adjusted": one.p_adjusted, "false_claim": one.false_claim}
    return list(rows.values())


def _pairs(
    planned: Mapping[str, tuple[Cells, Cells]], arms: Mapping[Runs, Arm]
) -> dict[str, tuple[Arm, Arm]]:
    """Rows and their baselines, each pair on the seeds that both have."""
    both = {
        name: [arms[runs] for runs in map(runs_of, pair) if runs in arms]
        for name, pair in planned.items()
    }
    alike = {name: on_shared_seeds(*own) for name, own in both.items() if len(own) == 2}
    return {name: (own[0], own[1]) for name, own in alike.items() if own}


def _begun(store: Store, cells: Cells, base: Cells) -> str:
    """How many runs of a row and its baseline are there, if it has some and others will come."""
    keys = {*runs_of(cells), *runs_of(base)}
    done = keys & set(store.runs.index)
    if not waiting(store, [*cells, *base]) or not done & {*runs_of(cells)}:
        return ""
    return f"{INCOMPLETE}: {len(done)} of {len(keys)} runs"


def _gap(gap: Estimate) -> Row:
    return {"difference": gap.mean, "difference_low": gap.low, "difference_high": gap.high}


def without_claims(rows: Iterable[Row]) -> list[Row]:
    """The rows of a secondary question: differences with intervals, and no verdict."""
    tested = ("p", "p_adjusted", "false_claim")
    return [
        {**{name: value for name, value in row.items() if name not in tested}, "verdict": ""}
        if "p" in row
        else row
        for row in rows
    ]


def empty_rows(store: Store, title: str, entries: Entries, bases: Entries) -> list[Row]:
    """A row for each entry, with the name of the one that it is compared with."""
    names = {runs_of(cells): name for name, cells in entries.items()}
    rows = []
    for name, cells in entries.items():
        base = names.get(runs_of(bases.get(name, ())), "")
        rows.append({**empty(store, title, name, cells), "baseline": "" if base == name else base})
    return rows


def word_of(cells: Cells, bases: Entries) -> str:
    """Whether other rows are compared with this one."""
    return BASELINE if runs_of(cells) in map(runs_of, bases.values()) else ""


def _figures(arm: Arm, cells: Cells) -> Row:
    mean = estimate(arm)
    keys = " ".join(cell.key for cell in cells if cell.seed in arm.seeds)
    sizes = {"seeds": len(arm.seeds), "patients": len(arm.patients)}
    interval = {"mean": mean.mean, "low": mean.low, "high": mean.high, "sd": spread(arm)}
    return {**interval, **sizes, "keys": keys}
