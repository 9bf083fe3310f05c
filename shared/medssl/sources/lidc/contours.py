"""What a radiologist drew around a nodule of LIDC-IDRI, as typed records."""

from __future__ import annotations

from collections.abc import Iterable
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
