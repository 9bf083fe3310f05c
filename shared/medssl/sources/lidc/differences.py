"""How a copy of LIDC-IDRI differs from the published collection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...store.splits import SPLITS
from ..pairing import Case
from .contours import Reading
from .masks import Labelled

SCANS, PATIENTS, NODULES, LUNA16_NODULES = 1018, 1010, 2651, 1186
_LUNA16_READERS = 3
_SHOWN = 3


def list_differences(
    found: Collection[str],
    readings: Mapping[str, Reading],
    labelled: Mapping[str, Labelled],
    patients: Mapping[str, str | None],
    cases: Sequence[Case],
    membership: Collection[str],
) -> list[str]:
    """One line for each way in which scans and annotations are not the published ones.

    The numbers are those of LIDC-IDRI, of its nodules as DICOM segmentations (Fedorov et al.,
    Medical Physics 47(11), 2020), and of LUNA16.

    Args:
        found: series UIDs of the scans.
        readings: series UID to annotations.
        labelled: scans that have both.
        patients: series UID to patient, None where unknown.
        cases: what is prepared of them.
        membership: series UIDs of LUNA16, as far as known.
    """
    lines = _names("scans without annotations, left out", set(found) - readings.keys())
    lines += _names("annotated scans missing", readings.keys() - set(found))
    unknown = [uid for uid, patient in patients.items() if patient is None]
    lines += _names("scans of unknown patient, each split for itself (see --patients)", unknown)
    wrong = [uid for uid, scan in labelled.items() if scan.label is None]
    lines += _names("scans without masks, their headers cannot be read", wrong)
    lines += _count("scans", len(labelled), SCANS)
    lines += _count("patients", len({patients[uid] or uid for uid in labelled}), PATIENTS)
    lines += _count("nodules", sum(len(scan.groups) for scan in labelled.values()), NODULES)
    accepted = [
        number
        for uid in labelled.keys() & set(membership)
        for number in labelled[uid].groups
        if number >= _LUNA16_READERS
    ]
    if membership:
        what = f"nodules of {_LUNA16_READERS} readers or more in LUNA16"
        lines += _count(what, len(accepted), LUNA16_NODULES)
    chosen = {case.split for case in cases} - {None}
    return lines + [f"no scan in {name}" for name in SPLITS if chosen and name not in chosen]


def _count(what: str, number: int, expected: int) -> list[str]:
    return [] if number == expected else [f"{number} {what}, {expected} are published"]


def _names(what: str, names: Collection[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{len(names)} {what}: {', '.join(sorted(names)[:_SHOWN])}{more}"]
