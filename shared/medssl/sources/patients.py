"""Whose scan is whose: the patient of every case, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..store.splits import SPLITS
from .pairing import Case
from .records import Record

_SHOWN = 5


@dataclass(frozen=True)
class Patient:
    """A patient of a data set.

    Attributes:
        name: what its scans share; they are in one split.
        known_from: ``table`` that the user gave, ``publisher`` of the data set, DICOM ``header``,
            or the ``name`` of the case or of its file, where nothing else is known.
    """

    name: str
    known_from: str


def find_patients(cases: Mapping[str, Case], records: Sequence[Record]) -> dict[str, Patient]:
    """The patient of each prepared case, by id.

    Args:
        cases: by id.
        records: of the prepared cases, with ``header_patient`` and ``scan_sha256``.

    Returns:
        Their patients; those of equal scans are one.
    """
    patients = {}
    for record in records:
        case, header = cases[record["id"]], record["header_patient"]
        if case.patient:
            patients[case.id] = Patient(case.patient, case.patient_from)
        else:
            patients[case.id] = Patient(header or case.id, "header" if header else "name")
    for twins in find_twins(records):
        patients = _unite(twins, patients)
    return patients


def find_twins(records: Sequence[Record]) -> list[list[str]]:
    """Ids of the cases that are one and the same scan, in groups of two or more."""
    groups: dict[str, list[str]] = {}
    for record in records:
        groups.setdefault(record["scan_sha256"], []).append(record["id"])
    return [sorted(group) for group in groups.values() if len(group) > 1]


def describe_twins(twins: Sequence[Sequence[str]], split_of: Mapping[str, str]) -> list[str]:
    """Lines that name the scans that are there more than once.

    Args:
        twins: ids of equal scans, see :func:`find_twins`.
        split_of: id to split. Scans that only the publisher could put into two splits are left
            there: ``evaluate`` refuses them as seen.
    """
    apart = [group for group in twins if len({split_of[name] for name in group} & {*SPLITS}) > 1]
    named = (
        (twins, lambda name: name, "there more than once"),
        (apart, lambda name: f"{name} ({split_of[name]})", "in two splits, as published"),
    )
    return [
        f"{len(groups)} scan(s) are {what}: {_shown(groups, name)}"
        for groups, name, what in named
        if groups
    ]


def _shown(groups: Sequence[Sequence[str]], name: Callable[[str], str]) -> str:
    shown = "; ".join(" = ".join(map(name, group)) for group in groups[:_SHOWN])
    return shown + (f"; and {len(groups) - _SHOWN} more" if len(groups) > _SHOWN else "")


def _unite(twins: Sequence[str], patients: Mapping[str, Patient]) -> dict[str, Patient]:
    """Make the patients of equal scans one, named as the best source names it."""
    ranks = ("table", "publisher", "header", "name")
    joined = {patients[name].name for name in twins}
    best = min(
        (patients[name] for name in twins), key=lambda p: (ranks.index(p.known_from), p.name)
    )
    return {
        name: replace(patient, name=best.name) if patient.name in joined else patient
        for name, patient in patients.items()
    }
