"""Columns of a table: what was found, and what may be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ...analysis.evidence import Arm, arm_of, compare_pairs, estimate, spread
from ..runs import Cell
from ..store import Store
from .cells import Cells, Entries, Runs, by_start, empty, outcomes, runs_of, used_runs, values_of
from .frame import BASELINE, Row


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

    Args:
        store: results.
        title: of the column.
        entries: cells of each row; runs that are there are taken on the seeds that all rows have.
        metric, label: see :func:`~medssl.analysis.evidence.arm_of`.
        bases: by row, the cells that it is compared with; its own for a baseline.
        cases: the only ones to count.
    """
    used = used_runs(store, [*entries.values(), *bases.values()])
    arms = {
        runs: arm_of(outcomes(store, keys, cases), metric, label, title)
        for runs, keys in used.items()
    }
    return judged(store, title, entries, arms, bases)


def arms_of(store: Store, cells: Iterable[Cell], metric: str) -> dict[str, Arm]:
    """Arms by start, of starts that have runs, on the seeds that all of these have."""
    entries = by_start(cells)
    used = used_runs(store, entries.values())
    return {
        start: arm_of(outcomes(store, used[runs_of(own)]), metric, None, start)
        for start, own in entries.items()
        if runs_of(own) in used
    }


def judged(
    store: Store, title: str, entries: Entries, arms: Mapping[Runs, Arm], bases: Entries
) -> list[Row]:
    """Rows of a column from arms of runs; see :func:`column`."""
    pairs = {
        name: (arms[runs_of(cells)], arms[runs_of(bases[name])])
        for name, cells in entries.items()
        if name in bases and runs_of(cells) != runs_of(bases[name])
        if runs_of(cells) in arms and runs_of(bases[name]) in arms
    }
    compared = {each.name: each for each in compare_pairs(pairs)}
    rows = _empty_rows(store, title, entries, bases)
    for row in rows:
        name, cells = row["row"], entries[row["row"]]
        if runs_of(cells) in arms:
            row |= _figures(arms[runs_of(cells)], cells) | {"verdict": _word(cells, bases)}
        if name in compared:
            one, gap = compared[name], compared[name].difference
            row |= {"difference": gap.mean, "difference_low": gap.low, "difference_high": gap.high}
            row |= {"p": one.p, "p_adjusted": one.p_adjusted, "false_claim": one.false_claim}
            row["verdict"] = one.verdict
    return rows


def without_claims(rows: Iterable[Row]) -> list[Row]:
    """The rows of a secondary question: differences with intervals, and no verdict."""
    tested = ("p", "p_adjusted", "false_claim")
    return [
        {**{name: value for name, value in row.items() if name not in tested}, "verdict": ""}
        if "p" in row
        else row
        for row in rows
    ]


def scalars(
    store: Store, title: str, entries: Entries, metric: str, bases: Entries | None = None
) -> list[Row]:
    """One column of figures that whole runs have: described, not tested."""
    return described(store, title, entries, values_of(store, f"metric_{metric}"), bases or {})


def described(
    store: Store, title: str, entries: Entries, values: Mapping[str, float], bases: Entries
) -> list[Row]:
    """Mean and spread over seeds, and the difference of means, without a test.

    Args:
        store: results.
        title: of the column.
        entries: cells of each row.
        values: by key of a run.
        bases: see :func:`column`.
    """
    rows = _empty_rows(store, title, entries, bases)
    for row in rows:
        cells, base = entries[row["row"]], bases.get(row["row"], ())
        keys = [cell.key for cell in cells if cell.key in values]
        own = np.array([values[key] for key in keys], float)
        theirs = np.array([values[cell.key] for cell in base if cell.key in values], float)
        if len(own):
            spread = own.std(ddof=1) if len(own) > 1 else float("nan")
            row |= {"mean": own.mean(), "sd": spread, "seeds": len(own), "keys": " ".join(keys)}
            row["verdict"] = _word(cells, bases)
            if len(theirs) and runs_of(cells) != runs_of(base):
                row["difference"] = own.mean() - theirs.mean()
    return rows


def _empty_rows(store: Store, title: str, entries: Entries, bases: Entries) -> list[Row]:
    """A row for each entry, with the name of the one that it is compared with."""
    names = {runs_of(cells): name for name, cells in entries.items()}
    rows = []
    for name, cells in entries.items():
        base = names.get(runs_of(bases.get(name, ())), "")
        rows.append({**empty(store, title, name, cells), "baseline": "" if base == name else base})
    return rows


def _word(cells: Cells, bases: Entries) -> str:
    """Whether other rows are compared with this one."""
    return BASELINE if runs_of(cells) in map(runs_of, bases.values()) else ""


def _figures(arm: Arm, cells: Cells) -> Row:
    mean = estimate(arm)
    keys = " ".join(cell.key for cell in cells if cell.seed in arm.seeds)
    sizes = {"seeds": len(arm.seeds), "patients": len(arm.patients)}
    interval = {"mean": mean.mean, "low": mean.low, "high": mean.high, "sd": spread(arm)}
    return {**interval, **sizes, "keys": keys}
