"""From scans and readings to cases: what belongs together, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError
from ..pairing import Case
from ..patients import Patient
from ..readers import Source
from .contours import Reading
from .masks import Labelled


def join_annotated(
    folder: Path, found: Mapping[str, Source], readings: Mapping[str, Reading]
) -> dict[str, Source]:
    """The scans that have annotations."""
    joined = {uid: found[uid] for uid in sorted(found) if uid in readings}
    if not joined:
        raise UserError(
            f"{folder}: none of its {len(found)} scans has the series UID of any of the "
            f"{len(readings)} annotated ones; a .mhd file must be named <series UID>.mhd"
        )
    return joined


def patients_of(
    labelled: Mapping[str, Labelled],
    readings: Mapping[str, Reading],
    patient_of: Mapping[str, str],
) -> dict[str, Patient | None]:
    """Series UID to patient, None where nobody says."""
    found: dict[str, Patient | None] = {}
    for uid, scan in labelled.items():
        said = {
            "table": patient_of.get(uid),
            "publisher": readings[uid].patient,
            "header": scan.patient,
        }
        found[uid] = next((Patient(name, who) for who, name in said.items() if name), None)
    return found


def cases_of(
    labelled: Mapping[str, Labelled],
    whose: Mapping[str, Patient | None],
    splits: Mapping[str, str],
) -> list[Case]:
    cases = []
    for uid, scan in labelled.items():
        readers = [{"label": n, "readers": k} for n, k in enumerate(scan.readers, start=1)]
        facts = {"series_uid": uid, "nodules": readers}
        patient = whose[uid] or Patient(uid, "name")
        cases.append(
            Case(
                uid,
                scan.source,
                scan.label,
                patient.name,
                splits.get(uid),
                facts,
                patient.known_from,
            )
        )
    return cases
