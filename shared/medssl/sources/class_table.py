"""``medssl prepare ... --table``: a user's own classes of scans or regions, checked and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..store.case_table import CaseRow, check_table, natural, read_case_table
from ..store.joined import case_of
from ..store.splits import SPLITS
from .pairing import Case

Record = Mapping[str, Any]


def read_class_table(path: Path | None, cases: Sequence[Case]) -> list[CaseRow]:
    """The rows of a table, checked before anything is prepared; none without a table.

    Args:
        path: of the table.
        cases: all that are to be prepared.

    Raises:
        UserError: see :func:`~medssl.store.case_table.read_case_table` and ``check_table``.
    """
    if path is None:
        return []
    rows = read_case_table(path)
    check_table(path, rows, {case.whole for case in cases})
    return rows


def classes_of_patients(
    rows: Sequence[CaseRow], patient_of: Mapping[str, str]
) -> dict[str, set[str]]:
    """The classes that each patient's scans or regions have; those without any are not in it.

    Args:
        rows: of the table.
        patient_of: of each case that was prepared.
    """
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.case in patient_of:
            found.setdefault(patient_of[row.case], set()).add(row.label)
    return found


def class_counts(rows: Sequence[CaseRow], records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """How many rows each class has, in each split that has any."""
    split_of = {case_of(record): str(record["split"]) for record in records}
    counts: dict[str, dict[str, int]] = {name: {} for name in natural({r.label for r in rows})}
    for row in rows:
        if split := split_of.get(row.case):
            counts[row.label][split] = counts[row.label].get(split, 0) + 1
    return counts


def class_warnings(
    path: Path | None, rows: Sequence[CaseRow], records: Sequence[Record]
) -> list[str]:
    """Lines on scans without a class, rows without a scan, and splits without one of the classes.

    Args:
        path: of the table; None where there is none.
        rows: of it.
        records: of the prepared scans, with ``split``.
    """
    if path is None:
        return []
    split_of = {case_of(record): record["split"] for record in records}
    listed = {row.case for row in rows}
    without = sorted(split_of.keys() - listed)
    lost = sorted(listed - split_of.keys())
    lines = []
    if without:
        lines.append(
            f"{path.name}: {len(without)} of {len(split_of)} scans have no row: {_some(without)}"
        )
    if lost:
        lines.append(f"{path.name}: {len(lost)} scans that were left out have rows: {_some(lost)}")
    filled = [split for split in SPLITS if split in split_of.values()]
    for name, there in class_counts(rows, records).items():
        if absent := [split for split in filled if split not in there]:
            lines.append(
                f"{path.name}: no {name} in {' and '.join(absent)}: add patients who have it, or "
                "test in turn with --folds"
            )
    return lines


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
