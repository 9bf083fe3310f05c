"""Fewer labels: the area under each start's label curve, and each number of labels by itself."""

from __future__ import annotations

from ...analysis.evidence import rank_starts
from ..store import Store
from .areas import areas
from .cells import Entries, against, tasks_of
from .columns import arms_of, column, without_claims
from .frame import BEST_FIRST, NOT_RUN, Row, is_missing
from .notes import of_all
from .subsets import EXPERIMENT, by_level, subjects_of
from .wording import counted


def label_curve(store: Store) -> list[Row]:
    """The primary endpoint with its tests; then each number of labels, without claims."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, EXPERIMENT):
        metric = str(store.plan.tasks[task]["metric"])
        rows += areas(store, task)
        for share, entries in by_level(store, task).items():
            rows += level_rows(store, task, share, entries)
        rows += _best_at_fewest(store, task, metric)
    return rows


def label_points(store: Store) -> list[Row]:
    """Means with intervals over the number of subjects with labels."""
    points: list[Row] = []
    for task in tasks_of(store.plan, EXPERIMENT):
        metric = str(store.plan.tasks[task]["metric"])
        for share, entries in by_level(store, task).items():
            subjects = subjects_of(store, entries)
            for row in level_rows(store, task, share, entries):
                if not is_missing(row["verdict"]):
                    ends = {"y": row["mean"], "low": row["low"], "high": row["high"]}
                    place = {"row": row["row"], "column": f"{task} {metric}", "x": subjects}
                    points.append({**place, **ends, "key": row["keys"]})
    return points


def level_rows(store: Store, task: str, share: float, entries: Entries) -> list[Row]:
    """One number of labels: differences with intervals."""
    metric, subjects = str(store.plan.tasks[task]["metric"]), subjects_of(store, entries)
    at = f"{share:.3g} of the subjects" if subjects is None else counted(subjects, "subject")
    return without_claims(
        column(store, f"{task} {metric}, {at}", entries, metric, against(entries))
    )


def _best_at_fewest(store: Store, task: str, metric: str) -> list[Row]:
    """Ranks at the smallest number of labels, 1 the best, with intervals."""
    entries = next(iter(by_level(store, task).values()))
    note = of_all(store, entries)
    arms = arms_of(store, [cell for cells in entries.values() for cell in cells], metric)
    ranks = rank_starts({task: arms}).ranks if len(arms) > 1 else {}
    title = f"{task} rank at the fewest, {BEST_FIRST}"
    return [
        {"row": start, "column": title, "verdict": NOT_RUN, "keys": ""}
        if start not in ranks
        else {
            **{"row": start, "column": title, "verdict": "", "note": note},
            "keys": " ".join(c.key for c in entries[start] if c.seed in arms[start].seeds),
            **{"seeds": len(arms[start].seeds), "patients": len(arms[start].patients)},
            **{"mean": ranks[start].mean, "low": ranks[start].low, "high": ranks[start].high},
        }
        for start in entries
    ]
