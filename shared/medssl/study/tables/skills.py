"""Does a method's own skill go with what it gains? Drawn, not tested."""

from __future__ import annotations

import pandas as pd

from ...analysis.evidence import LOW_BEST, sign_of
from ..catalogue import SCRATCH
from ..store import Store
from .areas import areas
from .cells import by_start, pretrainings, select, tasks_of
from .described import scalars
from .frame import BEST_FIRST, COLUMNS, Row, low_is_best
from .subsets import EXPERIMENT

SKILL, GAIN = "skill at its pretext", "gain of the area under the label curve"


def skills(store: Store) -> list[Row]:
    """Each method's skill at its own pretext, and the gain of its area over scratch."""
    rows: list[Row] = []
    for task in tasks_of(store.plan, EXPERIMENT):
        tuned = [c for c in select(store.plan, EXPERIMENT, task) if c.start != SCRATCH]
        entries = by_start(pretrainings(store.plan, tuned))
        rows += [] if rows else scalars(store, SKILL, entries, "skill")
        low = sign_of(str(store.plan.tasks[task]["metric"])) < 0
        title = f"{task} {GAIN}{f', {LOW_BEST}' if low else ''}"
        rows += [_gain(row, title) for row in areas(store, task) if row["row"] in entries]
    return rows


def skill_points(store: Store) -> list[Row]:
    """Rank of the gain over rank of the skill, 1 the best, among methods that have both."""
    wide = (
        pd.DataFrame(skills(store), columns=list(COLUMNS))
        .pivot(index="row", columns="column", values="mean")
        .dropna()
    )
    ranks = wide.apply(lambda own: own.rank(ascending=low_is_best(str(own.name))))
    gains = {name: f"rank of {name}, {BEST_FIRST}" for name in ranks.columns if name != SKILL}
    return [
        {"row": row, "column": title, "x": ranks.loc[row, SKILL], "y": ranks.loc[row, name]}
        for name, title in gains.items()
        for row in ranks.index
    ]


def _gain(row: Row, title: str) -> Row:
    """The difference of an area, as a figure of its own."""
    if "difference" not in row:
        return {"row": row["row"], "column": title, "verdict": row["verdict"], "keys": ""}
    ends = {"low": row["difference_low"], "high": row["difference_high"]}
    sizes = {name: row[name] for name in ("seeds", "patients", "keys")}
    place = {"row": row["row"], "column": title, "verdict": ""}
    return {**place, "mean": row["difference"], **ends, **sizes}
