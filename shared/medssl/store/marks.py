"""Tables of positions in scans (nodules, candidates), in the columns of the LUNA16 challenge."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import write_atomically

if TYPE_CHECKING:
    from _csv import Reader as CSVReader


class Columns(NamedTuple):
    """What a kind of table calls the scan, one name or another, and the position in it."""

    series: tuple[str, ...]
    axes: tuple[str, str, str]


LUNA16 = Columns(("seriesuid", "id"), ("coordX", "coordY", "coordZ"))
REGIONS = Columns(("case",), ("x", "y", "z"))


@dataclass(frozen=True)
class Marks:
    """Positions, one for each row of a table.

    Attributes:
        series: ``(n,)`` names of the scans they lie in; one string object for each scan.
        world_mm: ``(n, 3)`` float64, LPS millimetres as in DICOM and LUNA16.
        values: ``(n,)`` float64, such as class, diameter in mm or probability; empty if not read.
        lines: ``(n,)`` int64, where each stands in its file, the header being line 1.
    """

    series: NDArray[np.object_]
    world_mm: NDArray[np.float64]
    values: NDArray[np.float64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.series)

    def of(self, names: Iterable[str]) -> Marks:
        """The marks in these scans, in the order of the file."""
        kept = np.fromiter(map(set(names).__contains__, self.series), bool, len(self))
        return self.take(np.flatnonzero(kept))

    def take(self, rows: NDArray[np.int64]) -> Marks:
        """The marks at these row numbers."""
        values = self.values[rows] if len(self.values) else self.values
        return Marks(self.series[rows], self.world_mm[rows], values, self.lines[rows])


def read_marks(path: Path, value: str | None = None, columns: Columns = LUNA16) -> Marks:
    """Read a CSV file with the columns ``seriesuid`` (or ``id``) and ``coordX``, Y and Z in mm.

    Args:
        path: the file; half a million rows take two seconds.
        value: one more column of numbers to read, such as ``class`` or ``diameter_mm``.
        columns: what the columns are called, ``REGIONS`` for ``case,x,y,z``.

    Raises:
        UserError: no such file, no text, a column is missing or there twice, or a cell is no
            number.
    """
    wanted = [*columns.axes, *([] if value is None else [value])]
    described = f"a CSV table with the columns {','.join((columns.series[0], *wanted))}"
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected {described}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            series, cells, lines = _read_columns(
                csv.reader(stream), columns.series, wanted, path, described
            )
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not readable ({error}); expected {described}") from error
    numbers = [_numbers(*column, path, lines) for column in zip(cells, wanted, strict=True)]
    return Marks(
        np.array([sys.intern(name) for name in series], dtype=object),
        np.stack(numbers[:3], axis=1),
        np.empty(0) if value is None else numbers[3],
        np.array(lines, dtype=np.int64),
    )


def write_marks(path: Path, marks: Marks, value: str) -> None:
    """Write a table that :func:`read_marks` reads back to the last bit, the challenge's own format.

    Args:
        path: target, which appears only when it is whole.
        marks: positions with their values.
        value: name of the last column, such as ``probability``.
    """
    whole = np.equal(marks.values, np.round(marks.values)).all()
    values = (marks.values.astype(np.int64) if whole else marks.values).tolist()
    places = marks.world_mm.tolist()

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([LUNA16.series[0], *LUNA16.axes, value])
            for name, place, number in zip(marks.series.tolist(), places, values, strict=True):
                writer.writerow([name, *place, number])

    write_atomically(path, write)


def _read_columns(
    reader: CSVReader, series: Sequence[str], wanted: Sequence[str], path: Path, described: str
) -> tuple[list[str], list[list[str]], list[int]]:
    """Scan names, the wanted columns and the rows' line numbers; blank lines are passed over."""
    header = [name.strip() for name in next(reader, [])]
    found = [name for name in series if name in header][:1]
    missing = [name for name in wanted if name not in header]
    if not found or missing:
        lacking = ", ".join(missing or series[:1])
        raise UserError(
            f"{path}: line 1: no column {lacking} among {', '.join(header) or 'none'}; expected "
            f"{described}"
        )
    if twice := [name for name in (*found, *wanted) if header.count(name) > 1]:
        raise UserError(f"{path}: line 1: several columns {twice[0]}; leave one of them")
    places = [header.index(name) for name in (*found, *wanted)]
    columns: list[list[str]] = [[] for _ in places]
    lines = []
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            raise UserError(
                f"{path}: line {reader.line_num}: {len(row)} cells, expected {len(header)} as in "
                "line 1; mend it"
            )
        lines.append(reader.line_num)
        for column, place in zip(columns, places, strict=True):
            column.append(row[place])
    return columns[0], columns[1:], lines


def _numbers(
    cells: Sequence[str], name: str, path: Path, lines: Sequence[int]
) -> NDArray[np.float64]:
    try:
        numbers = np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        numbers = np.array([_number(cell) for cell in cells])
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        row = int(wrong[0])
        raise UserError(
            f"{path}: line {lines[row]}, column {name}: {cells[row]!r}, expected a number; mend it"
        )
    return numbers


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
