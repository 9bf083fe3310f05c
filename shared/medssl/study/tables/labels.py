"""Fewer labels: the area under each start's label curve, and each number of labels by itself."""

from __future__ import annotations

import pandas as pd

from ...analysis.evidence import Arm, CurveArm, arm_of, rank_starts
from ...errors import UserError
from ..store import Store
from .cells import (
    Entries,
    Runs,
    against,
    by_start,
    levels,
    outcomes,
    runs_of,
    select,
    tasks_of,
    used_runs,
)
from .columns import arms_of, column, judged, without_claims
from .frame import NOT_FEASIBLE, NOT_RUN, Row, is_missing

EXPERIMENT, FRACTION = "labels", "label_fraction"
Levels = dict[float, Entries]  # cells by start, by share of the subjects with labels


def label_curve(store: Store) -> list[Row]:
    """The primary endpoint with its tests; then each number of labels, without claims."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, EXPERIMENT):
        metric = str(store.plan.tasks[task]["metric"])
        rows += areas(store, task)
        for share, entries in _by_level(store, task).items():
            rows += _level(store, task, metric, share, entries)
        rows += _best_at_fewest(store, task, metric)
    return rows


def label_points(store: Store) -> list[Row]:
    """Means with intervals over the number of subjects with labels."""
    points: list[Row] = []
    for task in tasks_of(store.plan, EXPERIMENT):
        metric = str(store.plan.tasks[task]["metric"])
        for share, entries in _by_level(store, task).items():
            subjects = subjects_of(store, entries)
            for row in _level(store, task, metric, share, entries):
                if not is_missing(row["verdict"]):
                    ends = {"y": row["mean"], "low": row["low"], "high": row["high"]}
                    place = {"row": row["row"], "column": f"{task} {metric}", "x": subjects}
                    points.append({**place, **ends, "key": row["keys"]})
    return points


def subjects_of(store: Store, entries: Entries) -> int | None:
    """How many subjects with labels the runs had; None where no run is finished."""
    keys = {cell.key for cells in entries.values() for cell in cells}
    found = store.runs[store.runs.index.isin(keys)].get("training_patients", pd.Series(dtype=float))
    return None if found.dropna().empty else int(found.max())


def _by_level(store: Store, task: str) -> Levels:
    plan = store.plan
    return {
        share: by_start(select(plan, EXPERIMENT, task, **{FRACTION: share}))
        for share in levels(plan, EXPERIMENT, FRACTION)
    }


def _level(store: Store, task: str, metric: str, share: float, entries: Entries) -> list[Row]:
    """One number of labels: differences with intervals."""
    subjects = subjects_of(store, entries)
    at = f"{share:.3g} of the subjects" if subjects is None else f"{subjects} subjects"
    return without_claims(
        column(store, f"{task} {metric}, {at}", entries, metric, against(entries))
    )


def areas(store: Store, task: str) -> list[Row]:
    """The area of each start that has runs at every level, on the seeds that all of them have."""
    metric, by_level = str(store.plan.tasks[task]["metric"]), _by_level(store, task)
    title = f"{task} {metric}, area under the label curve"
    starts = list(dict.fromkeys(start for entries in by_level.values() for start in entries))
    whole = {
        start: [cell for entries in by_level.values() for cell in entries.get(start, ())]
        for start in starts
    }
    try:
        arms = _curves(store, by_level, whole, metric)
    except UserError as error:
        word = f"{NOT_FEASIBLE}: {error}"
        return [{"row": s, "column": title, "verdict": word, "keys": ""} for s in starts]
    return judged(store, title, whole, arms, against(whole))


def _curves(store: Store, by_level: Levels, whole: Entries, metric: str) -> dict[Runs, Arm]:
    points = [cells for entries in by_level.values() for cells in entries.values()]
    used = used_runs(store, points)
    arms = {runs: arm_of(outcomes(store, keys), metric) for runs, keys in used.items()}
    labels = [subjects_of(store, entries) for entries in by_level.values()]
    found: dict[Runs, Arm] = {}
    for start, cells in whole.items():
        own = [arms.get(runs_of(entries.get(start, ()))) for entries in by_level.values()]
        there = [arm for arm in own if arm is not None]
        known = [float(number) for number in labels if number is not None]
        if len(there) == len(known) == len(by_level):
            found[runs_of(cells)] = CurveArm(tuple(known), tuple(there))
    return found


def _best_at_fewest(store: Store, task: str, metric: str) -> list[Row]:
    """Ranks at the smallest number of labels, 1 the best, with intervals."""
    entries = next(iter(_by_level(store, task).values()))
    arms = arms_of(store, [cell for cells in entries.values() for cell in cells], metric)
    ranks = rank_starts({task: arms}).ranks if len(arms) > 1 else {}
    title = f"{task} rank at the fewest, 1 the best"
    return [
        {"row": start, "column": title, "verdict": NOT_RUN, "keys": ""}
        if start not in ranks
        else {
            **{"row": start, "column": title, "verdict": "", "keys": ""},
            **{"mean": ranks[start].mean, "low": ranks[start].low, "high": ranks[start].high},
        }
        for start in entries
    ]
