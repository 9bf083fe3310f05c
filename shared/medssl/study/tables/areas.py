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
from ..runs import Cell
from ..store import Store
from .cells import Entries, Runs, against, finished_runs, outcomes, runs_of
from .columns import judged, refused
from .frame import NOT_FEASIBLE, Row
from .subsets import Levels, by_level, subjects_of


def areas(store: Store, task: str) -> list[Row]:
    """The area of each start; compared and judged where all runs of it and of scratch are there.

    A start with seeds that have runs at every level has its area on these, without a claim. A level
    that the data do not hold for any start is no part of the curves, and a note says so.
    """
    metric, points = str(store.plan.tasks[task]["metric"]), _held(store, task)
    title = f"{task} {metric}, area under the label curve"
    whole = _whole(points)
    try:
        shared = _curves(store, points, whole, metric, title)
    except UserError as error:
        return refused(title, whole, error)
    rows = judged(store, title, whole, shared, against(whole))
    if left := [f"{share:.3g}" for share in by_level(store, task) if share not in points]:
        reason = f"without {', '.join(left)} of the subjects ({NOT_FEASIBLE})"
        rows = [
            {**row, "note": "; ".join(filter(None, (reason, row.get("note"))))}
            if "mean" in row
            else row
            for row in rows
        ]
    return rows


def area_arms(store: Store, task: str) -> dict[str, Arm]:
    """The area of each start that has one, as what is compared.

    Raises:
        UserError: see :func:`~medssl.analysis.evidence.arms_on_shared_cases`.
    """
    metric, points = str(store.plan.tasks[task]["metric"]), _held(store, task)
    whole = _whole(points)
    arms = _curves(store, points, whole, metric, task).arms
    return {start: arms[runs_of(own)] for start, own in whole.items() if runs_of(own) in arms}


def _whole(points: Levels) -> dict[str, list[Cell]]:
    """Cells of each start at all levels."""
    found: dict[str, list[Cell]] = {}
    for entries in points.values():
        for start, cells in entries.items():
            found.setdefault(start, []).extend(cells)
    return found


def _held(store: Store, task: str) -> Levels:
    """Levels of which the data hold what some run asks for."""
    return {
        share: entries
        for share, entries in by_level(store, task).items()
        if any(cell.key not in store.infeasible for cells in entries.values() for cell in cells)
    }


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
