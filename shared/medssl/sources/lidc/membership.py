"""Splits of LIDC-IDRI that know which scans LUNA16 pretraining has seen."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError
from ...files import parse_json
from ...store.manifest import MANIFEST
from ...store.splits import SPLITS
from ..luna16 import SPLIT_OF_SUBSET

PAPER = {"training": 510, "validation": 100, "test": 408}
_UNSEEN = "test"
_SERIES = ("seriesuid", "series_uid")
_EXPECTED = (
    "the folder that `medssl prepare luna16` wrote, one with subset0 to subset9, or a CSV table "
    "with the columns seriesuid,subset"
)


def read_membership(path: Path) -> dict[str, str]:
    """Which split each series of LUNA16 is in.

    Subsets 0-4 are training, 5-6 validation and 7-9 test; a prepared folder says so itself.

    Args:
        path: what ``medssl prepare luna16`` wrote, a folder with subsets, or a table.

    Raises:
        UserError: none of these.
    """
    if (path / MANIFEST).is_file():
        return _of_prepared(path / MANIFEST)
    subsets = _of_folders(path) if path.is_dir() else _of_table(path)
    if not subsets:
        raise UserError(f"luna16: {path} names no series; give {_EXPECTED}")
    return {uid: SPLIT_OF_SUBSET[subset] for uid, subset in subsets.items()}


def membership_sha256(membership: Mapping[str, str]) -> str:
    """The identity of what :func:`read_membership` returns, wherever it was read."""
    return hashlib.sha256(json.dumps(membership, sort_keys=True).encode()).hexdigest()


def luna16_splits(patient_of: Mapping[str, str], membership: Mapping[str, str]) -> dict[str, str]:
    """Split by patient so that no test scan is among those LUNA16 pretraining has seen.

    Each scan goes where LUNA16 has it, a scan outside LUNA16 to test; all scans of a patient go
    where the first of training, validation and test has one.

    Args:
        patient_of: series UID to patient.
        membership: series UID of LUNA16 to split.

    Returns:
        Series UID to split.
    """
    place: dict[str, int] = {}
    for uid, patient in patient_of.items():
        own = SPLITS.index(membership.get(uid, _UNSEEN))
        place[patient] = min(own, place.get(patient, own))
    return {uid: SPLITS[place[patient]] for uid, patient in patient_of.items()}


def paper_splits(patient_of: Mapping[str, str]) -> dict[str, str]:
    """The paper's counts: 510 training, 100 validation, 408 test, in the order of the patients.

    The paper does not say which scan is where. A patient's scans stay together.

    Raises:
        UserError: too few scans for a test split.
    """
    ordered = sorted(patient_of, key=lambda uid: (patient_of[uid], uid))
    begin = PAPER["training"] + PAPER["validation"]
    if len(ordered) <= begin:
        raise UserError(
            f"split: {len(ordered)} scans, the paper's {begin} for training and validation leave "
            "none for test; add the missing scans or --split luna16"
        )
    places = [name for name, count in PAPER.items() for _ in range(count)]
    split: dict[str, str] = {}
    for number, uid in enumerate(ordered):
        split.setdefault(patient_of[uid], places[min(number, len(places) - 1)])
    return {uid: split[patient] for uid, patient in patient_of.items()}


def _of_prepared(path: Path) -> dict[str, str]:
    try:
        scans = parse_json(path.read_text(encoding="utf-8"))["scans"]
        split_of = {scan["facts"]["series_uid"]: scan["split"] for scan in scans}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"luna16: {path} is not of prepared LUNA16; expected {_EXPECTED}"
        ) from error
    return {uid: split if split in SPLITS else _UNSEEN for uid, split in split_of.items()}


def _of_folders(folder: Path) -> dict[str, int]:
    found = {}
    for path in sorted(folder.rglob("*.mhd")):
        subset = re.search(r"(?:^|/)subset(\d)/", path.relative_to(folder).as_posix())
        if subset is not None:
            found[path.stem] = int(subset[1])
    return found


def _of_table(path: Path) -> dict[str, int]:
    if not path.is_file():
        raise UserError(f"luna16: {path} does not exist; give {_EXPECTED}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            series = next(name for name in _SERIES if name in (reader.fieldnames or ()))
            found = {row[series]: int(row["subset"]) for row in reader}
    except (StopIteration, KeyError, ValueError, TypeError, csv.Error) as error:
        raise UserError(f"luna16: {path} is no such table; expected {_EXPECTED}") from error
    strange = [uid for uid, subset in found.items() if not 0 <= subset < len(SPLIT_OF_SUBSET)]
    if strange:
        raise UserError(f"luna16: {path}: subset {found[strange[0]]}, expected 0 to 9; mend it")
    return found
