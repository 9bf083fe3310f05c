"""Rows of the CSV tables that an evaluation has left."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..engines.evaluation import MEND
from ..errors import UserError

ROUNDED = 1e-5  # how far from 0 and 1 the rounding of float32 may lead


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV table by column; the mark that spreadsheets put before UTF-8 is no letter.

    Raises:
        UserError: no such file, no text, no row, two columns of one name, or a row of too few or
            too many cells.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restkey="")
            rows, header = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not readable ({error}); {MEND}") from error
    if not rows:
        lacking = "no row below line 1" if header else "empty"
        raise UserError(f"{path}: {lacking}, expected a row for each case; {MEND}")
    if twice := repeated(header):
        raise UserError(f"{path}: line 1: several columns {twice[0]!r}, expected one; {MEND}")
    for number, row in enumerate(rows, 2):
        if "" in row or None in row.values():
            raise UserError(f"{path}: line {number} has other columns than line 1; {MEND}")
    return rows


def refuse_repeated(path: Path, cases: Iterable[str]) -> None:
    """Refuse a table in which a case would count twice.

    Raises:
        UserError: a case stands in several rows.
    """
    if twice := repeated(cases):
        raise UserError(f"{path}: several rows of {twice[0]!r}, expected one for each case; {MEND}")


def repeated(names: Iterable[str]) -> list[str]:
    """Those that stand there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def number(text: str, path: Path) -> float:
    """What a cell of a table says.

    Raises:
        UserError: it is no number.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.inf
    if math.isinf(found) or "_" in text:  # which Python reads over
        raise UserError(f"{path}: {text!r}, expected a number; {MEND}")
    return found


def probability(text: str, path: Path) -> float:
    """What a cell says of how likely something is.

    Raises:
        UserError: it is no number from 0 to 1.
    """
    found = number(text, path)
    if not -ROUNDED <= found <= 1 + ROUNDED:
        raise UserError(f"{path}: {text}, expected a probability, 0 to 1; {MEND}")
    return found
