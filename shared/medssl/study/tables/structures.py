"""The paper's Figure 4: rare and frequent structures, hard and easy ones."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ...analysis.hard_easy import EASY, HARD, LIMIT, group_cases
from ...analysis.outcomes import MEAN, Outcome
from ...errors import UserError
from ..store import Store
from .cells import Entries, against, by_start, select
from .columns import column
from .frame import NOT_FEASIBLE, NOT_RUN, Row

STRUCTURES = ("liver", "tumour")  # the frequent and the rare one
METRIC = "dice"


def fig4(store: Store) -> list[Row]:
    """Each start beside scratch, by structure and by group of nodules.

    The groups are told apart by runs that take no part in the comparison: made from the baseline's
    own results they would show a gain among the hard ones where there is none.
    """
    rows: list[Row] = []
    msd = by_start(select(store.plan, "fig4", "msd"))
    for name in STRUCTURES if msd else ():
        rows += column(store, f"msd {name} {METRIC}", msd, METRIC, against(msd), name)
    return [*rows, *_groups(store)]


def _groups(store: Store) -> list[Row]:
    entries = by_start(select(store.plan, "fig4", "ncs"))
    titles = {name: f"ncs {name} nodules {METRIC}" for name in (HARD, EASY)}
    try:
        groups = _told_apart(store)
    except UserError as error:
        why, *_ = str(error).split(";")  # then how the command would be asked otherwise
        return _all(entries, titles, f"{NOT_FEASIBLE}: {why}")
    if not groups:
        return _all(entries, titles, NOT_RUN)
    rows: list[Row] = []
    for name, title in titles.items():
        cases = {case for case, group in groups.items() if group == name}
        place = f"{title}, {len(cases)} of {len(groups)}"
        rows += column(store, place, entries, METRIC, against(entries), cases=cases)
    return rows


def _told_apart(store: Store) -> dict[str, str]:
    """The group of each case, by runs of their own; empty where these are missing."""
    cells = select(store.plan, "hard_easy", "ncs")
    found = [store.of(cell.key) for cell in cells if cell.key in store.runs.index]
    if not found:
        return {}
    means = pd.concat(found).query("metric == @METRIC").groupby("case")["value"].mean()
    judged = [Outcome(str(case), "", MEAN, METRIC, value) for case, value in means.items()]
    return group_cases(judged, METRIC, limit=LIMIT)


def _all(entries: Entries, titles: Mapping[str, str], word: str) -> list[Row]:
    """Columns without a figure."""
    places = [(name, title) for title in titles.values() for name in entries]
    return [{"row": name, "column": title, "verdict": word, "keys": ""} for name, title in places]
