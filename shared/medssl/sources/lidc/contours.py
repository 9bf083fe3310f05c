"""What a radiologist drew around a nodule of LIDC-IDRI, as typed records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Contour:
    """A closed outline in one slice.

    Attributes:
        z_mm: where the slice lies, the z of DICOM's ImagePositionPatient.
        inclusion: False where what it encloses is no part of the nodule, such as a cavity.
        points: ``(n, 2)`` int64 column and row of DICOM's pixel matrix, counted from 0. They lie
            just outside what they enclose.
    """

    z_mm: float
    inclusion: bool
    points: NDArray[np.int64]


Annotation = tuple[Contour, ...]
"""What one radiologist drew around one nodule of 3 mm or more."""


@dataclass(frozen=True)
class Reading:
    """All annotations of one scan.

    Attributes:
        series_uid: DICOM SeriesInstanceUID.
        annotations: of all radiologists; empty where nobody saw a nodule of 3 mm or more.
        patient: DICOM PatientID, None where the source does not say.
    """

    series_uid: str
    annotations: tuple[Annotation, ...]
    patient: str | None = None


def outlined(drawn: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """The annotations that outline something: a nodule below 3 mm is marked by a single point."""
    lines = (tuple(contour for contour in one if len(contour.points) > 1) for one in drawn)
    return tuple(annotation for annotation in lines if annotation)


def readings_sha256(readings: Mapping[str, Reading]) -> str:
    """The identity of annotations, whatever files they were read from."""
    digest = hashlib.sha256()
    for uid, reading in sorted(readings.items()):
        digest.update(repr((uid, reading.patient, len(reading.annotations))).encode())
        for annotation in reading.annotations:
            digest.update(f"{len(annotation)} ".encode())
            for contour in annotation:
                outline = (contour.z_mm, contour.inclusion, contour.points.shape)
                digest.update(repr(outline).encode() + contour.points.tobytes())
    return digest.hexdigest()
