"""Rows of a table from the cells of experiments: what was found, and what may be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...analysis.evidence import Arm, arm_of, compare_pairs, estimate, spread
from ...analysis.outcomes import Outcome
from ..catalogue import SCRATCH
from ..runs import FINETUNE, Cell, Plan
from ..store import Store
from .frame import BASELINE, NOT_FEASIBLE, NOT_RUN, Row

Entries = Mapping[str, Sequence[Cell]]  # by row of the table, one cell for each seed
Used = dict[int, str]  # keys of runs by seed


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


def by_start(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """One row for each start."""
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell.start, []).append(cell)
    return found


def levels(plan: Plan, experiment: str, factor: str) -> list[Any]:
    """Levels of a factor, in their order."""
    found = [c.factors[factor] for c in plan.cells if c.experiment == experiment]
    return [level for place, level in enumerate(found) if level not in found[:place]]


def against(entries: Entries, baseline: str = SCRATCH) -> dict[str, str]:
    """All rows compared with one of them."""
    return dict.fromkeys(entries, baseline)


def column(
    store: Store,
    title: str,
    entries: Entries,
    metric: str,
    baselines: Mapping[str, str],
    label: str | None = None,
    cases: Collection[str] | None = None,
) -> list[Row]:
    """One column of a table, of outcomes of cases: one family of tests.

    Args:
        store: results.
        title: of the column.
        entries: cells of each row; runs that are there are taken on the seeds that all rows have.
        metric, label: see :func:`~medssl.analysis.evidence.arm_of`.
        baselines: by row, the row that it is compared with; itself for a baseline.
        cases: the only ones to count.
    """
    used = used_runs(store, entries)
    arms = {
        name: arm_of(outcomes(store, keys, cases), metric, label, f"{title}, {name}")
        for name, keys in used.items()
    }
    return judged(store, title, entries, arms, used, baselines)


def judged(
    store: Store,
    title: str,
    entries: Entries,
    arms: Mapping[str, Arm],
    used: Mapping[str, Used],
    baselines: Mapping[str, str],
) -> list[Row]:
    """Rows of a column from its arms; see :func:`column`."""
    pairs = {
        name: (arm, arms[baselines[name]])
        for name, arm in arms.items()
        if baselines.get(name, name) != name and baselines[name] in arms
    }
    compared = {each.name: each for each in compare_pairs(pairs)}
    rows = [_empty(store, title, name, cells) for name, cells in entries.items()]
    for row in rows:
        name = row["row"]
        if name in arms:
            word = BASELINE if name in baselines.values() else ""
            row |= _figures(arms[name]) | {"keys": " ".join(used[name].values()), "verdict": word}
        if name in compared:
            one, gap = compared[name], compared[name].difference
            row |= {"difference": gap.mean, "difference_low": gap.low, "difference_high": gap.high}
            row |= {"p": one.p, "p_adjusted": one.p_adjusted, "false_claim": one.false_claim}
            row["verdict"] = one.verdict
    return rows


def scalars(
    store: Store,
    title: str,
    entries: Entries,
    metric: str,
    baselines: Mapping[str, str] | None = None,
) -> list[Row]:
    """One column of figures that a whole run has: described, not tested."""
    wanted = f"metric_{metric}"
    values = {
        name: {seed: store.runs.at[key, wanted] for seed, key in keys.items()}
        for name, keys in used_runs(store, entries).items()
        if wanted in store.runs.columns
    }
    keys = used_runs(store, entries)
    return described(store, title, entries, values, keys, baselines or {})


def described(
    store: Store,
    title: str,
    entries: Entries,
    values: Mapping[str, Mapping[int, float]],
    used: Mapping[str, Used],
    baselines: Mapping[str, str],
) -> list[Row]:
    """Mean and spread over seeds, and the difference of the means, without a test."""
    known = {name: np.array(list(each.values()), float) for name, each in values.items()}
    known = {name: each for name, each in known.items() if not np.isnan(each).any()}
    rows = [_empty(store, title, name, cells) for name, cells in entries.items()]
    for row in rows:
        name, base = row["row"], baselines.get(row["row"])
        if name in known:
            each = known[name]
            row |= {"mean": each.mean(), "seeds": len(each), "keys": " ".join(used[name].values())}
            row |= {"sd": each.std(ddof=1) if len(each) > 1 else float("nan")}
            row["verdict"] = BASELINE if name in baselines.values() else ""
            if base != name and base in known:
                row["difference"] = each.mean() - known[base].mean()
    return rows


def used_runs(store: Store, entries: Entries) -> dict[str, Used]:
    """Finished runs of each row that has some, on the seeds that all such rows have."""
    done = {
        name: {cell.seed: cell.key for cell in cells if cell.key in store.runs.index}
        for name, cells in entries.items()
    }
    there = {name: keys for name, keys in done.items() if keys}
    seeds = sorted(set.intersection(*map(set, there.values()))) if there else []
    return {name: {seed: keys[seed] for seed in seeds} for name, keys in there.items() if seeds}


def outcomes(
    store: Store, keys: Mapping[int, str], cases: Collection[str] | None = None
) -> dict[int, list[Outcome]]:
    """Outcomes of runs, by seed."""
    own = store.cases[store.cases["key"].isin(keys.values())]
    if cases is not None:
        own = own[own["case"].isin(cases)]
    fields = list(Outcome._fields)
    by_key = {key: frame[fields] for key, frame in own.groupby("key")}
    return {seed: [Outcome(*row) for row in _tuples(by_key.get(key))] for seed, key in keys.items()}


def _tuples(frame: pd.DataFrame | None) -> Iterable[tuple[Any, ...]]:
    return [] if frame is None else frame.itertuples(index=False, name=None)


def _empty(store: Store, title: str, name: str, cells: Sequence[Cell]) -> Row:
    """A row whose runs are missing, with the reason where they cannot be."""
    reasons = [store.infeasible[cell.key] for cell in cells if cell.key in store.infeasible]
    word = f"{NOT_FEASIBLE}: {reasons[0]}" if reasons else NOT_RUN
    return {"row": name, "column": title, "verdict": word, "keys": ""}


def _figures(arm: Arm) -> Row:
    mean = estimate(arm)
    sizes = {"seeds": len(arm.seeds), "patients": len(arm.patients)}
    return {"mean": mean.mean, "low": mean.low, "high": mean.high, "sd": spread(arm), **sizes}
