"""The area under each start's label curve: one figure for all numbers of labels."""

from __future__ import annotations

from ...analysis.evidence import (
    Arm,
    CurveArm,
    SharedArms,
    arms_on_shared_cases,
    on_shared_seeds,
)
from ...errors import UserError
from ..store import Store
from .cells import Entries, Runs, against, finished_runs, outcomes, runs_of
from .columns import judged, refused, without_claims
from .frame import BASELINE, INCOMPLETE, Row
from .subsets import Levels, by_level, subjects_of


def areas(store: Store, task: str) -> list[Row]:
    """The area of each start; compared and judged where all runs of it and of scratch are there.

    A start with seeds that have runs at every level has its area on these, without a claim.
    """
    metric, points = str(store.plan.tasks[task]["metric"]), by_level(store, task)
    title = f"{task} {metric}, area under the label curve"
    starts = list(dict.fromkeys(start for entries in points.values() for start in entries))
    whole = {
        start: [cell for entries in points.values() for cell in entries.get(start, ())]
        for start in starts
    }
    try:
        shared = _curves(store, points, whole, metric, title)
    except UserError as error:
        return refused(title, whole, error)
    rows = judged(store, title, whole, shared, against(whole))
    return [_complete(store, row, whole) for row in rows]


def _complete(store: Store, row: Row, whole: Entries) -> Row:
    """The row, without a claim where some of its runs, or of its baseline's, are missing."""
    names = dict.fromkeys([row["row"], row["baseline"] or row["row"]])
    keys = {cell.key for name in names for cell in whole[name]}
    own = {cell.key for cell in whole[row["row"]]}
    done = keys & set(store.runs.index)
    if done == keys or not done & own or row["verdict"] == BASELINE:
        return row
    (bare,) = without_claims([row])
    return {**bare, "verdict": f"{INCOMPLETE}: {len(done)} of {len(keys)} runs"}


def _curves(
    store: Store, points: Levels, whole: Entries, metric: str, title: str
) -> SharedArms[Runs]:
    """Curves of the starts with points at every level, all on the same cases."""
    done = finished_runs(store, (c for entries in points.values() for c in entries.values()))
    every = {runs: outcomes(store, keys) for runs, keys in done.items()}
    shared = arms_on_shared_cases(every, metric, None, title)
    known = [subjects_of(store, entries) for entries in points.values()]
    labels = tuple(float(number) for number in known if number is not None)
    arms: dict[Runs, Arm] = {}
    more: dict[Runs, int] = {}
    for start, cells in whole.items():
        own = [runs_of(entries.get(start, ())) for entries in points.values()]
        there = [shared.arms[runs] for runs in own if runs in shared.arms]
        if len(there) == len(labels) == len(own) and (alike := on_shared_seeds(*there)):
            arms[runs_of(cells)] = CurveArm(labels, alike)
            more[runs_of(cells)] = max(shared.left_out[runs] for runs in own)
    return SharedArms(arms, more)
