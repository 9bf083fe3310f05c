"""The scans of a prepared folder that a table gives classes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InfeasibleError, UserError
from ..ranks import is_main
from .case_table import CaseRow, check_names, find_case_table, natural, read_case_table
from .datalist import LABEL, list_split
from .joined import case_of, join
from .listing import read_datalist
from .selection import Item, select_label_fraction
from .splits import SPLITS

ROWS = "rows"  # key of an item: its rows of the table
TABLE_OF = "table"  # the same: the table's path, for messages


def load_cases(
    dataset_dir: str | Path,
    split: str,
    table: str | Path,
    classes: Sequence[object],
    label_fraction: float = 1.0,
    seed: int = 0,
    fold: int | None = None,
    spacing: float | Sequence[float] | str | None = None,
) -> list[Item]:
    """List the cases of one split that have a class, their channels joined.

    Cases without a row, and rows of other classes, are left out with a line that counts them.

    Args:
        dataset_dir: folder that ``medssl prepare`` wrote.
        split: training, validation or test.
        table: name of the table in that folder, or path of another.
        classes: names of the classes that count.
        label_fraction: share of the patients who have a class, in (0, 1]; smaller shares are
            subsets of larger ones.
        seed: of the choice of patients.
        fold: number of a leave-some-out fold, whose splits to take; None: the one split.
        spacing: voxel size in mm that the folder must have, or ``native``; None takes any.

    Returns:
        Items as of :func:`~.datalist.load_datalist`, without label maps, with ``rows`` as
        dictionaries: ``label``, ``world_mm`` (LPS mm, None for the whole scan) and ``line``.

    Raises:
        UserError: what ``load_datalist`` and :func:`~.case_table.read_case_table` raise, no case
            with a class, or in training a class without one or that the table does not have.
    """
    names = check_names(classes)
    items, contract, path = list_split(dataset_dir, split, fold, spacing)
    cases = [
        {key: item[key] for key in item if key not in LABEL} for item in join(items, contract, path)
    ]
    where = find_case_table(dataset_dir, table)
    rows: dict[str, list[CaseRow]] = {}
    for row in read_case_table(where):
        rows.setdefault(row.case, []).append(row)
    found = _with_rows(where, cases, rows, names)
    _tell(where, split, cases, rows, names)
    _tell_unknown(where, path, rows)
    if split == SPLITS[0]:
        _check_listed(where, rows, names)
    if not found:
        raise UserError(
            f"{where}: none of the {len(cases)} case(s) of {split}, such as {cases[0]['id']}, has "
            f"a row of a class {', '.join(names)}; add rows, or draw the splits anew"
        )
    chosen = select_label_fraction(found, label_fraction, seed)
    if split == SPLITS[0]:
        _check_learnable(where, chosen, names, label_fraction)
    return chosen


def class_counts(items: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How many rows each class has."""
    return Counter(row["label"] for item in items for row in item[ROWS])


def _with_rows(
    where: Path, cases: Sequence[Item], rows: dict[str, list[CaseRow]], classes: Sequence[str]
) -> list[Item]:
    found = []
    for case in cases:
        own = [
            {"label": row.label, "world_mm": row.world_mm, "line": row.line}
            for row in rows.get(str(case["id"]), ())
            if row.label in classes
        ]
        if own:
            found.append({**case, ROWS: own, TABLE_OF: str(where)})
    return found


def _tell(
    where: Path,
    split: str,
    cases: Sequence[Item],
    rows: dict[str, list[CaseRow]],
    classes: Sequence[str],
) -> None:
    """One line each on what is left out, of the main rank."""
    here = [row for case in cases for row in rows.get(str(case["id"]), ())]
    others = natural({row.label for row in here} - {*classes})
    without = [str(case["id"]) for case in cases if str(case["id"]) not in rows]
    if without and is_main():
        print(
            f"{where}: {len(without)} of {len(cases)} case(s) of {split} have no row and are left "
            f"out, such as {without[0]}"
        )
    if others and is_main():
        count = sum(row.label in others for row in here)
        print(
            f"{where}: {count} row(s) of {split} are of other classes ({', '.join(others)}) and "
            "are left out"
        )


def _tell_unknown(where: Path, datalist: Path, rows: Mapping[str, Sequence[CaseRow]]) -> None:
    """One line on rows of cases that no split has: a name written wrongly would drop a case."""
    listing = read_datalist(datalist)
    known = {case_of(item) for split in SPLITS for item in listing.get(split, ())}
    unknown = [name for name in rows if name not in known]
    if unknown and is_main():
        line = rows[unknown[0]][0].line
        print(
            f"{where}: {len(unknown)} case(s) with rows are in no split of {datalist.name}, such "
            f"as {unknown[0]} (line {line}); correct the name, if it is meant for a case here"
        )


def _check_listed(where: Path, rows: Mapping[str, Sequence[CaseRow]], names: Sequence[str]) -> None:
    """Refuse a class that no row has: no split can hold it."""
    listed = natural({row.label for each in rows.values() for row in each})
    if absent := [name for name in names if name not in listed]:
        raise UserError(
            f"{where}: no row has the class {absent[0]}, the table has {', '.join(listed)}; "
            "correct --classes, or add rows"
        )


def _check_learnable(
    where: Path, chosen: Sequence[Item], classes: Sequence[str], fraction: float
) -> None:
    absent = [name for name in classes if name not in class_counts(chosen)]
    if absent:
        ways = "a larger --label_fraction, " if fraction < 1 else ""
        raise InfeasibleError(
            f"{where}: no case of training has the class {absent[0]}, so it cannot be learnt; take "
            f"{ways}splits drawn anew (--seed, --fractions or --folds of `medssl prepare`), or "
            "leave it out of --classes"
        )
