"""A table's frame as the grid that a page shows: rows down, columns across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..tables import is_missing
from ..tables.frame import BASELINE, with_direction
from ..tables.wording import form_of, odds, sizes

_EXACT = 1e-9  # what fractions of percentages may be off by


@dataclass(frozen=True)
class Number:
    """A number as it is, and as it is printed."""

    value: float
    text: str


@dataclass(frozen=True)
class Printed:
    """What the paper prints in a place.

    Attributes:
        value: its figure.
        gap: difference from its own baseline.
        doubt: why the figure is doubtful, or lost.
    """

    value: Number | None
    gap: Number | None
    doubt: str

    def __bool__(self) -> bool:
        return bool(self.value or self.gap or self.doubt)


@dataclass(frozen=True)
class Entry:
    """One place of a table.

    Attributes:
        mean, interval: of ours; no interval where there is none.
        gap, gap_interval: difference from the baseline, where there is one.
        word: what may be said of it; the reason where there is no figure.
        tested: p and the probability of a false claim, where it was tested.
        missing: whether there is none.
        paper: what it prints.
        keys: of the runs.
        sizes: numbers of runs and patients in words.
        note: which seeds or cases it goes without, and why.
    """

    word: str
    missing: bool
    paper: Printed
    mean: Number | None = None
    interval: tuple[Number, ...] = ()
    gap: Number | None = None
    gap_interval: tuple[Number, ...] = ()
    tested: str = ""
    keys: Sequence[str] = ()
    sizes: str = ""
    note: str = ""

    @property
    def kind(self) -> str:
        """A single word for what may be said, such as for a colour."""
        return self.word.split(":")[0].replace(" ", "-") or "plain"


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        columns: their titles, with what is better where that is not the usual.
        lines: title and entries of each row, None where the table has nothing.
    """

    columns: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Entry | None]]] = field(default_factory=tuple)


def grid_of(frame: pd.DataFrame) -> Grid:
    """The grid of a frame with the columns of :data:`~..tables.COLUMNS`."""
    columns = list(dict.fromkeys(frame["column"]))
    places = {(row["row"], row["column"]): _entry(row) for _, row in frame.iterrows()}
    rows = dict.fromkeys(frame["row"])
    lines = [(name, [places.get((name, column)) for column in columns]) for name in rows]
    return Grid([with_direction(str(column)) for column in columns], lines)


def number(value: float, form: str = ".3f") -> Number | None:
    """A number in a form of Python's; None for NaN."""
    return None if math.isnan(value) else Number(float(value), format(value, form))


def _entry(row: pd.Series) -> Entry:
    words = ("verdict", "doubt", "note", "keys")
    word, doubt, note, named = (row[name] if isinstance(row[name], str) else "" for name in words)
    keys = named.split()
    printed = _form_of_print(row["paper"], row["paper_difference"])
    form = ".0f" if _is_count(row) else form_of(row["mean"])
    signed = f"+{form}"
    gap = None if word == BASELINE else number(row["paper_difference"], f"+{printed}")
    paper = Printed(number(row["paper"], printed), gap, doubt)
    if is_missing(word):
        return Entry(word, True, paper)
    return Entry(
        word,
        False,
        paper,
        number(row["mean"], form),
        _ends(row["low"], row["high"], form),
        number(row["difference"], signed),
        _ends(row["difference_low"], row["difference_high"], signed),
        odds(row["p_adjusted"], row["false_claim"]),
        keys,
        sizes(row["seeds"], row["patients"], len(keys)),
        note,
    )


def _form_of_print(value: float, gap: float) -> str:
    """All digits that the paper prints: as fractions, percentages have four decimals."""
    known = gap if math.isnan(value) else value
    form = form_of(known)
    return ".4f" if form == ".3f" and abs(known - round(known, 3)) > _EXACT else form


def _is_count(row: pd.Series) -> bool:
    """Whether a figure is a whole number by itself, such as of steps or scans."""
    alone = pd.isna([row["low"], row["difference"]]).all()
    return bool(alone and row["mean"] > 1 and float(row["mean"]).is_integer())


def _ends(low: float, high: float, form: str) -> tuple[Number, ...]:
    ends = number(low, form), number(high, form)
    return tuple(end for end in ends if end is not None)
