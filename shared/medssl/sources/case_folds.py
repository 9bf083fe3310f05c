"""Folds of prepared cases: drawn here, or taken over from a publisher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..store.case_table import CaseRow
from ..store.folds import assign_fold, fold_patients
from ..store.joined import case_of
from ..store.splits import SPLITS
from .class_table import classes_of_patients
from .nnunet_folds import SPLITS_FINAL, PublishedFold
from .pairing import some

_SHOWN = 5

Record = Mapping[str, Any]


def case_folds(
    records: Sequence[Record],
    drawn: int | None,
    published: Sequence[PublishedFold],
    fractions: tuple[float, float, float],
    seed: int,
    rows: Sequence[CaseRow],
) -> list[dict[str, str]]:
    """Patient to split for each fold.

    A published fold holds the patients all of whose cases it names: one of another case, which
    somebody may keep for a test, is left out whole.

    Args:
        records: of the prepared scans, without those that the publisher tests in every fold.
        drawn: how many folds to draw; None for none.
        published: folds to take over; where there are any, none are drawn.
        fractions: shares of training, validation and test.
        seed: of the folds.
        rows: of a table of classes.
    """
    patients = {case_of(record): str(record["patient"]) for record in records}
    labelled = [record["patient"] for record in records if "label_source" in record]
    shares = fractions, seed, labelled, classes_of_patients(rows, patients)
    if not published:
        return [] if drawn is None else fold_patients(patients.values(), drawn, *shares)
    folds = []
    for number, fold in enumerate(published):
        absent = {patients[case] for case in _left_out(patients, fold)}
        tested = {patients[case] for case in fold.val & patients.keys()} - absent
        folds.append(assign_fold(number, tested, {*patients.values()} - absent, *shares))
    return folds


def left_out_of_folds(records: Sequence[Record], published: Sequence[PublishedFold]) -> list[str]:
    """A line for each set of cases that published folds leave out.

    Args:
        records: of the prepared scans, without those that the publisher tests in every fold.
        published: the folds.
    """
    patients = {case_of(record): str(record["patient"]) for record in records}
    folds_of: dict[tuple[str, ...], list[str]] = {}
    for number, fold in enumerate(published):
        absent = {patients[case] for case in _left_out(patients, fold)}
        cases = tuple(sorted(case for case, patient in patients.items() if patient in absent))
        folds_of.setdefault(cases, []).append(str(number))
    return [
        f"{SPLITS_FINAL} does not name all cases: fold {', '.join(numbers)} leaves out "
        f"{len(cases)} of {len(patients)}: {some(cases, _SHOWN)}; the split without --fold holds "
        "them"
        for cases, numbers in folds_of.items()
        if cases
    ]


def fold_warnings(
    records: Sequence[Record], folds: Sequence[Mapping[str, str]], fractions: Sequence[float]
) -> list[str]:
    """Lines on folds in which a split is empty or without labels.

    Args:
        records: of the prepared scans that the folds are of.
        folds: patient to split for each.
        fractions: shares of training, validation and test; without one, validation may be empty.
    """
    labelled = {record["patient"] for record in records if "label_source" in record}
    numbers_of: dict[str, list[str]] = {}
    for number, fold in enumerate(folds):
        for split in (SPLITS[0], *([SPLITS[1]] if fractions[1] else []), SPLITS[2]):
            here = {patient for patient in fold if fold[patient] == split}
            if not here:
                numbers_of.setdefault(f"no scan in {split}", []).append(str(number))
            elif labelled and not here & labelled:
                numbers_of.setdefault(f"no labelled scan in {split}", []).append(str(number))
    return [
        f"fold {', '.join(numbers)}: {what}: take fewer folds, or add labelled scans of more "
        "patients"
        for what, numbers in numbers_of.items()
    ]


def _left_out(patients: Mapping[str, str], fold: PublishedFold) -> set[str]:
    return patients.keys() - fold.train - fold.val
