"""What every table of a study is: a frame of rows and columns, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ...analysis.advice import Line
from ...analysis.evidence import LOW_BEST, sign_of
from ..runs import Plan
from ..store import Store

COLUMNS = (
    *("row", "column", "mean", "sd", "low", "high", "seeds", "patients"),
    *("difference", "difference_low", "difference_high", "baseline"),
    *(
        "p",
        "p_adjusted",
        "false_claim",
        "verdict",
        "note",
        "paper",
        "paper_difference",
        "doubt",
        "keys",
    ),
)
POINTS = ("row", "column", "x", "y", "low", "high", "key")
NOT_RUN, NOT_FEASIBLE, NOT_REACHED, FAILED = "not run", "not feasible", "not reached", "failed"
INCOMPLETE = "incomplete"  # a figure without a claim: not all its runs are there
MISSING = (NOT_FEASIBLE, FAILED, NOT_RUN)  # what says most first
BASELINE = "baseline"
BEST_FIRST = "1 the best"  # at the end of the titles of ranks
# How the paper gives a number: as a value, or as a difference from its baseline.
PLAIN, GAIN_POINTS = "", "points"  # anything else is in percent
Row = dict[str, Any]
Maker = Callable[[Store], list[Row]]


class Words(Protocol):
    """What a table says; where a number of labelled cases is given, at the nearest one to it."""

    def __call__(self, store: Store, labels: int | None = None) -> list[Line]: ...


@dataclass(frozen=True)
class Table:
    """A table, or the data of a figure.

    Attributes:
        name: in file names, and of the paper's numbers.
        title: such as "Table 3: ...".
        rows: what it holds, a row for each row and column of the table.
        prose: what stands above it: what is compared with what, and on what.
        experiments: those that it is read off; it is made where a plan has one of them.
        dots: of a figure with curves, a row for each point.
        words: what it says, with how sure that is.
    """

    name: str
    title: str
    rows: Maker
    prose: str
    experiments: tuple[str, ...]
    dots: Maker | None = None
    words: Words | None = None

    def make(self, store: Store, paper: pd.DataFrame) -> pd.DataFrame:
        """The table with the columns of ``COLUMNS``.

        Args:
            store: results.
            paper: numbers to stand beside, see :func:`read_paper`.
        """
        return framed(self.rows(store), paper, self.name)

    def points(self, store: Store) -> pd.DataFrame:
        """Points of its curves with the columns of ``POINTS``; none of a table without curves."""
        found = self.dots(store) if self.dots else []
        return pd.DataFrame(found, columns=list(POINTS))

    def said(self, store: Store, labels: int | None = None) -> list[Line]:
        """What it says, see :class:`Words`; nothing of a table without words."""
        return [] if self.words is None else self.words(store, labels)

    def belongs_to(self, plan: Plan) -> bool:
        """Whether the plan has an experiment that this is read off."""
        return not set(self.experiments).isdisjoint(plan.experiments)


def read_paper(path: Path) -> pd.DataFrame:
    """The paper's numbers: experiment, row, column, value, unit, source, doubt.

    A number that was lost in the paper's print has no value, and its doubt says so.
    """
    found = pd.read_csv(path, keep_default_na=False, dtype=str)
    return found.assign(value=pd.to_numeric(found["value"]))


def framed(rows: Iterable[Row], paper: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows as a frame, with the paper's numbers of a table beside them."""
    printed = paper[paper["experiment"] == name].set_index(["row", "column"])
    found = [{**row, **_printed(row, printed)} for row in rows]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _printed(row: Row, printed: pd.DataFrame) -> Row:
    """What the paper says in this place; percentages as fractions."""
    place, base = (row["row"], row["column"]), (row.get("baseline"), row["column"])
    if place not in printed.index:
        return {}
    value, unit = printed.loc[place, "value"], printed.loc[place, "unit"]
    said = {"doubt": printed.loc[place, "doubt"]}
    scale = 1 if unit == PLAIN else 100
    if unit == GAIN_POINTS:
        return {**said, "paper_difference": value / scale}
    gain = value - printed.loc[base, "value"] if base in printed.index else float("nan")
    return {**said, "paper": value / scale, "paper_difference": gain / scale}


def low_is_best(column: str) -> bool:
    """Whether lower is better in a column: one of ranks, or of such a metric.

    Titles name their metric before the first comma: ``parts hd95, 4 subjects``.
    """
    metric = column.partition(",")[0].rpartition(" ")[2]
    return column.endswith((BEST_FIRST, LOW_BEST)) or sign_of(metric) < 0


def sign_of_column(column: str) -> int:
    """1 where higher is better, -1 where lower is."""
    return -1 if low_is_best(column) else 1


def with_direction(column: str) -> str:
    """The title of a column, with what is better where that is neither usual nor told yet."""
    told = column.endswith((BEST_FIRST, LOW_BEST)) or not low_is_best(column)
    return column if told else f"{column}, {LOW_BEST}"


def is_missing(verdict: str) -> bool:
    """Whether there is no figure to show."""
    return verdict.split(":")[0] in MISSING
