"""A user's own classes: ``labels.csv``, a row for each scan or region that has one."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..files import write_atomically
from .manifest import DATALIST

TABLE = "labels.csv"
CASE, LABEL, PLACE = "case", "label", ("x", "y", "z")
EXPECTED = f"expected a CSV table with the columns {CASE},{LABEL} or, of regions, also x,y,z in mm"
NOTHING_PREPARED = ("0", "1")  # classes of a bundle that has no data yet
_FEWEST = 2
_SHOWN = 5


@dataclass(frozen=True)
class CaseRow:
    """One row of a table of classes.

    Attributes:
        case: id of the scan in the data list; of several channels that of the case.
        label: name of its class.
        world_mm: middle of the region, LPS millimetres as in tables of candidates; None is the
            whole scan.
        line: where it stands in the file, the header being line 1.
    """

    case: str
    label: str
    world_mm: tuple[float, float, float] | None
    line: int


def read_case_table(path: Path) -> list[CaseRow]:
    """Read a table with the columns ``case``, ``label`` and, where regions are meant, ``x,y,z``.

    Raises:
        UserError: no such file, no text, a column is missing, an empty or half-filled cell, or a
            case that has several rows of which one is without a place.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; {EXPECTED}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            header = [name.strip() for name in next(reader, [])]
            cells = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); save it as CSV UTF-8") from error
    except csv.Error as error:
        raise UserError(f"{path}: not readable ({error}); {EXPECTED}") from error
    _check_header(path, header)
    rows = [_row(path, header, line, row) for line, row in cells]
    _check_single(path, rows)
    return rows


def _check_header(path: Path, header: Sequence[str]) -> None:
    for sign, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and sign in header[0]:
            raise UserError(
                f"{path}: line 1: separated by {called}; save it with commas (CSV UTF-8)"
            )
    for name in (CASE, LABEL, *PLACE):
        if header.count(name) > 1:
            raise UserError(
                f"{path}: line 1: {header.count(name)} columns {name}, expected one; remove or "
                "rename the others"
            )
    wanted = [CASE, LABEL, *(PLACE if set(PLACE) & set(header) else ())]
    if missing := [name for name in wanted if name not in header]:
        raise UserError(
            f"{path}: line 1: no column {', '.join(missing)} among {', '.join(header) or 'none'}; "
            f"{_other_case(missing, header)}{EXPECTED}"
        )


def _other_case(missing: Sequence[str], header: Sequence[str]) -> str:
    """What to do about ``Case`` where ``case`` is wanted; empty where there is no such column."""
    close = [name for name in header if name.lower() in missing]
    return f"write {', '.join(close)} in small letters; " if close else ""


def _row(path: Path, header: Sequence[str], line: int, cells: Sequence[str]) -> CaseRow:
    if len(cells) != len(header):
        raise UserError(
            f"{path}: line {line}: {len(cells)} cells, expected {len(header)} as in line 1; mend it"
        )
    row = dict(zip(header, cells, strict=True))
    for name in (CASE, LABEL):
        if not row[name]:
            raise UserError(f"{path}: line {line}, column {name}: empty; fill or remove the row")
    place = [row.get(name, "") for name in PLACE]
    if not any(place):
        return CaseRow(row[CASE], row[LABEL], None, line)
    try:
        x, y, z = map(float, place)
    except ValueError:
        x = y = z = float("nan")
    if not np.isfinite((x, y, z)).all():
        raise UserError(
            f"{path}: line {line}, columns x,y,z: {','.join(place)!r}, expected three numbers in "
            "mm, or none of them for the whole scan; mend it"
        )
    return CaseRow(row[CASE], row[LABEL], (x, y, z), line)


def _check_single(path: Path, rows: Iterable[CaseRow]) -> None:
    """Several rows of a case are regions, so that each must say which."""
    first: dict[str, CaseRow] = {}
    for row in rows:
        earlier = first.setdefault(row.case, row)
        if earlier is not row and None in (earlier.world_mm, row.world_mm):
            raise UserError(
                f"{path}: line {row.line}: {row.case} stands in line {earlier.line} already; give "
                "x,y,z in both where they are regions, else remove one"
            )


def check_table(path: Path, rows: Sequence[CaseRow], cases: Collection[str]) -> None:
    """Refuse a table that does not fit the scans, or has nothing to tell apart.

    Args:
        path: of the table, for messages.
        rows: of it.
        cases: ids of all scans that there are.

    Raises:
        UserError: a case that is none of them, or fewer than two classes.
    """
    if unknown := next((row for row in rows if row.case not in cases), None):
        some = ", ".join(sorted(cases)[:_SHOWN])
        raise UserError(
            f"{path}: line {unknown.line}, column {CASE}: {unknown.case} is none of the "
            f"{len(cases)} scan(s) such as {some}; correct or remove the row"
        )
    if len(found := natural({row.label for row in rows})) < _FEWEST:
        raise UserError(
            f"{path}: column {LABEL}: {f'one class alone ({found[0]})' if found else 'no row'}, "
            "expected two or more; add cases of another"
        )
    alike: dict[str, str] = {}
    for name in found:
        other = alike.setdefault(_plain(name), name)
        if other != name:
            raise UserError(
                f"{path}: column {LABEL}: {other!r} and {name!r} would be two classes; write them "
                "alike, or make them differ by more"
            )


def _plain(name: str) -> str:
    """A name without what people write now so, now so: letter case, 1.0 for 1."""
    return re.sub(r"\.0+$", "", name.strip().casefold())


def copy_table(path: Path, folder: Path) -> None:
    """Put a table, as it is, where the bundles look for it."""
    content = path.read_bytes()
    write_atomically(folder / TABLE, lambda temporary: temporary.write_bytes(content))


def natural(names: Iterable[str]) -> list[str]:
    """Names in the order in which people count: numbers by their value, ``grade 2`` before 10."""

    def key(name: str) -> tuple[list[tuple[int, float, str]], str]:
        pieces = re.findall(r"\d+(?:\.\d+)?|\D+", name.removeprefix("-"))
        sign = -1 if name.startswith("-") else 1
        ranked = [(0, sign * float(p), "") if p[0].isdecimal() else (1, 0.0, p) for p in pieces]
        return ranked, name

    return sorted(names, key=key)


def check_names(classes: Sequence[object]) -> list[str]:
    """Return the names of the classes to tell apart, numbers as text.

    Raises:
        UserError: fewer than two, or one twice.
    """
    names = [str(name) for name in classes] if not isinstance(classes, str) else []
    if len(names) < _FEWEST or len(set(names)) < len(names):
        raise UserError(
            f"classes: {classes!r}, expected two or more different names of the table's column "
            f"{LABEL}, such as ['benign','malignant']"
        )
    return names


def find_case_table(dataset_dir: str | Path, table: str | Path) -> Path:
    """The file of that name in a prepared folder, else the path itself."""
    inside = Path(dataset_dir) / table
    return inside if Path(table).name == str(table) and inside.is_file() else Path(table)


def table_classes(dataset_dir: str | Path, table: str | Path = TABLE) -> list[str]:
    """All classes of a prepared folder's table, in natural order.

    Args:
        dataset_dir: prepared folder; where nothing is prepared yet, there are two.
        table: name of the table there, or path of another.

    Raises:
        UserError: no such table, or one that cannot be read.
    """
    path = find_case_table(dataset_dir, table)
    if not path.is_file() and not (Path(dataset_dir) / DATALIST).is_file():
        return list(NOTHING_PREPARED)
    if not path.is_file():
        raise UserError(
            f"table: no {table} in {dataset_dir}; prepare it with --table FILE, {EXPECTED}"
        )
    return natural({row.label for row in read_case_table(path)})
