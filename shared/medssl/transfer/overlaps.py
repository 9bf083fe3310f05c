"""Which scans of two lists are the same, or of the same patient, and which share only a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]

# What stands in a PatientID where nobody is meant.
_NOBODY = re.compile(
    r"0*|anon|anonym|anonymous|anonymi[sz]ed|deidentified|removed|unknown|none|null|na|noid|noname"
    r"|patient|patientid|pat|p|subject|test|x+"
)
# A running number means a patient inside one source only.
_COUNTER = re.compile(r"(?:anon[a-z]*)?0*\d{1,3}")
_EVERYTHING = 3  # different scans under one header PatientID, and no other ID in the list


@dataclass(frozen=True)
class Overlap:
    """A tested scan that was seen, or one of the same name: its id, and what is the same."""

    case: str
    reason: str


def find_overlaps(
    seen: Mapping[str, Sequence[Item]], tested: Sequence[Item], listed: Sequence[Item] = ()
) -> tuple[tuple[Overlap, ...], tuple[Overlap, ...]]:
    """Compare scans by their voxels, their publisher's name for them, and their patients.

    Ids, and patients that nobody but a file name or a running number tells apart, are names. Two
    lists that give an equal scan the same patient come from one source: there names of patients
    count too.

    Args:
        seen: the scans that weights were trained on, by what they were used for.
        tested: items of the tested split.
        listed: items of all splits of the tested data set, as far as known.

    Returns:
        The scans of ``tested`` that were seen, and those that share but a name.
    """
    everything = [scan for scans in seen.values() for scan in scans]
    whole = [*listed, *tested]
    known = _Evidence(everything, whole)
    scans: dict[tuple[str, str], str] = {}
    names: dict[tuple[str, str], str] = {}
    for role, some in seen.items():
        for scan in some:
            for key in _identities(scan, known):
                scans.setdefault(key, role)
            for key in _names(scan):
                names.setdefault(key, role)
    overlaps, namesakes = [], []
    for item in tested:
        same = next((key for key in _identities(item, known) if key in scans), None)
        name = next((key for key in _names(item) if key in names), None)
        if same:
            overlaps.append(Overlap(str(item["id"]), f"{_say(same)}, in its {scans[same]}"))
        elif name:
            namesakes.append(Overlap(str(item["id"]), f"{_say(name)}, in its {names[name]}"))
    return tuple(overlaps), tuple(namesakes)


def has_identity(item: Item) -> bool:
    """Whether a scan can be told from others at all; raw files of MONAI Label cannot."""
    return bool(item.get("scan_sha256"))


class _Evidence:
    """Which patients and series of two lists are told apart well enough to be the same."""

    def __init__(self, seen: Sequence[Item], listed: Sequence[Item]) -> None:
        self.nobody = {name for items in (seen, listed) if (name := _single(items))}
        self.shared = _shared(seen) | _shared(listed)
        pairs = [
            {
                (item["scan_sha256"], _patient(item))
                for item in items
                if has_identity(item) and self._is_somebody(item)
            }
            for items in (seen, listed)
        ]
        self.one_source = not pairs[0].isdisjoint(pairs[1])

    def _is_somebody(self, item: Item) -> bool:
        patient = _patient(item)
        return patient not in self.nobody and not _NOBODY.fullmatch(_plain(patient))

    def tells_patient(self, item: Item) -> bool:
        """Whether the patient's name is evidence of the person."""
        patient, said_by = _patient(item), _patient_from(item)
        if not self._is_somebody(item) or (said_by == "name" and patient == str(item.get("id"))):
            return False
        return self.one_source or not (said_by == "name" or _COUNTER.fullmatch(_plain(patient)))


def _plain(patient: str) -> str:
    return re.sub(r"[^a-z0-9]", "", patient.lower())


def _single(items: Sequence[Item]) -> str | None:
    """The header PatientID of a whole list of different scans, which then is no patient's."""
    patients = {_patient(item) for item in items}
    scans = {item.get("scan_sha256") for item in items if _patient_from(item) == "header"}
    return patients.pop() if len(patients) == 1 and len(scans) >= _EVERYTHING else None


def _shared(items: Sequence[Item]) -> set[str]:
    """Published names that several different scans of one list bear, such as a constant UID."""
    scans: dict[str, set[str]] = {}
    for item in items:
        if has_identity(item) and "published" in item:
            scans.setdefault(str(item["published"]), set()).add(str(item["scan_sha256"]))
    return {name for name, some in scans.items() if len(some) > 1}


def _identities(item: Item, evidence: _Evidence) -> list[tuple[str, str]]:
    found = [("scan", str(item["scan_sha256"]))] if has_identity(item) else []
    if (published := item.get("published")) and published not in evidence.shared:
        found.append(("published", str(published)))
    return [*found, ("patient", _patient(item))] if evidence.tells_patient(item) else found


def _names(item: Item) -> list[tuple[str, str]]:
    return [("name", name) for name in {_patient(item), str(item.get("id", ""))} if name]


def _patient(item: Item) -> str:
    return str(item.get("patient", "")).strip()


def _patient_from(item: Item) -> str:
    default = "name" if item.get("patient") == item.get("id") else "table"
    return str(item.get("patient_from", default))


def _say(key: tuple[str, str]) -> str:
    kind, value = key
    words = {"scan": "the same scan", "published": f"the same scan, {value}"}
    return words.get(kind, f"{kind} {value}")
