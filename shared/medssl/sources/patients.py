"""Whose scan is whose: the patient of every case, and who says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..store.joined import CHANNEL
from ..store.splits import SPLITS
from .pairing import Case
from .patient_names import name_patients
from .records import Record

_SHOWN = 5
_MANY = 3  # scans under one PatientID, beyond which it deserves a line
_NOBODY = re.compile(
    r"anon(?:ym(?:ous|i[sz]ed)?)?(?:patient|subject|id)?|de(?:identified|id)|unknown|none|null|nil|"
    r"na|nan|no(?:name|id|body|patient)?|(?:no)?patient(?:id|name)?|subject|id|name|test(?:patient)?|"
    r"phantom|default|empty|removed|redacted|withheld|hidden|x+|0+|9{3,}|123(?:4(?:5\d*)?)?"
)


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
        Their patients; those of equal scans, and of the channels of a case, are one. A PatientID
        that names nobody, such as ``ANONYMOUS``, is none; the names of DICOM folders decide then.

    Raises:
        UserError: such names leave a doubt, see :func:`~.patient_doubts.find_doubts`.
    """
    header_of = {r["id"]: r["header_patient"] for r in records if not _is_generic(r)}
    nameless = {record["id"]: cases[record["id"]] for record in records}
    nameless = {k: c for k, c in nameless.items() if not c.patient and k not in header_of}
    by_name = [c for c in nameless.values() if c.image.series or c.patient_from == "name"]
    by_name = [case for case in by_name if not case.facts.get(CHANNEL)]  # the first tells
    named = name_patients({case.whole: case.image.stem for case in by_name})
    patients = {}
    for record in records:
        case = cases[record["id"]]
        if case.patient:
            patients[case.id] = Patient(case.patient, case.patient_from)
        elif case.id in header_of:
            patients[case.id] = Patient(header_of[case.id], "header")
        else:
            patients[case.id] = Patient(named.get(case.whole, case.whole), "name")
    return _unite((*_channels(cases, records), *find_twins(records)), patients)


def _channels(cases: Mapping[str, Case], records: Sequence[Record]) -> list[list[str]]:
    """Ids of the prepared cases that are channels of one, in groups of two or more."""
    groups: dict[str, list[str]] = {}
    for record in records:
        groups.setdefault(cases[record["id"]].whole, []).append(record["id"])
    return [group for group in groups.values() if len(group) > 1]


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


def describe_headers(cases: Mapping[str, Case], records: Sequence[Record]) -> list[str]:
    """Lines on PatientIDs that name nobody, or everybody.

    Args:
        cases: by id.
        records: of the prepared cases, with ``header_patient``.
    """
    asked = [r for r in records if not cases[r["id"]].patient and r["header_patient"]]
    counts = Counter(record["header_patient"] for record in asked)
    generic = {record["header_patient"] for record in asked if _is_generic(record)}
    lines = [
        f"PatientID {name!r} of {count} scans names nobody: the names of their folders decide who "
        "is whose; say better with --patients"
        for name, count in sorted(counts.items())
        if name in generic and count > 1
    ]
    if len(counts) == 1 and not generic and len(asked) >= _MANY:
        (name,) = counts
        lines.append(
            f"PatientID {name!r} is that of all {len(asked)} scans, so they are one patient and in "
            "one split; if they are of several, say so with --patients"
        )
    return lines


def _is_generic(record: Record) -> bool:
    """Whether the header names no patient: nothing, or what software writes for nobody."""
    plain = re.sub(r"[\W_]+", "", record["header_patient"] or "").lower()
    return not plain or bool(_NOBODY.fullmatch(plain))


def _shown(groups: Sequence[Sequence[str]], name: Callable[[str], str]) -> str:
    shown = "; ".join(" = ".join(map(name, group)) for group in groups[:_SHOWN])
    return shown + (f"; and {len(groups) - _SHOWN} more" if len(groups) > _SHOWN else "")


def _unite(groups: Iterable[Sequence[str]], patients: dict[str, Patient]) -> dict[str, Patient]:
    """Make the patients of each group of ids one, named as the best source names it."""
    ranks = ("table", "publisher", "header", "name")
    cases_of: dict[str, list[str]] = {}
    for case, patient in patients.items():
        cases_of.setdefault(patient.name, []).append(case)
    for group in groups:
        joined = {patients[case].name for case in group}
        best = min(
            (patients[case] for case in group), key=lambda p: (ranks.index(p.known_from), p.name)
        )
        for other in joined - {best.name}:
            moved = cases_of.pop(other)
            patients |= {case: replace(patients[case], name=best.name) for case in moved}
            cases_of[best.name] += moved
    return patients
