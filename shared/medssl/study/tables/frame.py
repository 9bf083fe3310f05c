"""What every table of a study is: a frame of rows and columns, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..runs import Plan
from ..store import Store

COLUMNS = (
    *("row", "column", "mean", "sd", "low", "high", "seeds", "patients"),
    *("difference", "difference_low", "difference_high", "p", "p_adjusted", "false_claim"),
    *("verdict", "paper", "paper_difference", "doubt", "keys"),
)
POINTS = ("row", "column", "x", "y", "low", "high", "key")
NOT_RUN, NOT_FEASIBLE, BASELINE = "not run", "not feasible", "baseline"
# How the paper gives a number: as a value, or as a difference from its baseline.
PERCENT, PLAIN, GAIN_POINTS = "%", "", "points"
Row = dict[str, Any]
Maker = Callable[[Store, pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Table:
    """A table, or the data of a figure.

    Attributes:
        title: such as "Table 3: ...".
        make: its frame from the store and the paper's numbers (:func:`read_paper`), one line for
            each row and column of the table, with the columns of ``COLUMNS``.
        prose: what stands above it: what is compared with what, and on what.
        experiments: those that it is read off; it is made where a plan has one of them.
        points: of a figure with curves, one line for each point, with the columns of ``POINTS``.
    """

    title: str
    make: Maker
    prose: str
    experiments: tuple[str, ...]
    points: Callable[[Store], pd.DataFrame] | None = None

    def belongs_to(self, plan: Plan) -> bool:
        """Whether the plan has an experiment that this is read off."""
        return not set(self.experiments).isdisjoint(plan.experiments)


def read_paper(path: Path) -> pd.DataFrame:
    """The paper's numbers: experiment, row, column, value, unit, source, doubt.

    A number that was lost in the paper's print has no value, and its doubt says so.
    """
    found = pd.read_csv(path, keep_default_na=False, dtype=str)
    return found.assign(value=pd.to_numeric(found["value"]))


def framed(
    rows: Iterable[Row],
    paper: pd.DataFrame | None = None,
    experiment: str = "",
    baselines: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Rows as the frame of a table, with the paper's numbers of an experiment beside them.

    Args:
        rows: as :func:`~.rows.column` and :func:`~.rows.scalars` give them.
        paper: see :func:`read_paper`.
        experiment: whose numbers.
        baselines: by row, the row that the paper's difference is taken from.
    """
    found = list(rows)
    if paper is not None:
        printed = paper[paper["experiment"] == experiment].set_index(["row", "column"])
        bases = baselines or {}
        found = [{**row, **_printed(row, printed, bases.get(row["row"]))} for row in found]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _printed(row: Row, printed: pd.DataFrame, baseline: str | None) -> Row:
    """What the paper says in this place; percentages as fractions."""
    place, base = (row["row"], row["column"]), (baseline, row["column"])
    if place not in printed.index:
        return {}
    value, unit = printed.loc[place, "value"], printed.loc[place, "unit"]
    said = {"doubt": printed.loc[place, "doubt"]}
    scale = 1 if unit == PLAIN else 100
    if unit == GAIN_POINTS:
        return {**said, "paper_difference": value / scale}
    gain = value - printed.loc[base, "value"] if base in printed.index else float("nan")
    return {**said, "paper": value / scale, "paper_difference": gain / scale}


def is_missing(verdict: str) -> bool:
    """Whether there is no figure to show."""
    return verdict == NOT_RUN or verdict.startswith(NOT_FEASIBLE)
