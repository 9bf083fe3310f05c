"""The slices of a series, as the headers describe them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scan import BrokenScanError
from .objects import CT, OTHER_SCANS
from .stored import check_stored, mirror_of, need, padding_of

_UNITS = ("", "HU", "HU_MOD", "US")  # US is "unspecified", which many writers put
_PER_FRAME = "PerFrameFunctionalGroupsSequence"
_SHARED = "SharedFunctionalGroupsSequence"
_TAGS = [
    *("SOPClassUID", "PatientID", "FrameOfReferenceUID", "NumberOfFrames", "SamplesPerPixel"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence"),
    *("PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("PixelPaddingValue", "AcquisitionNumber"),
    *(_PER_FRAME, _SHARED),
]


@dataclass(frozen=True)
class Frame:
    """One slice.

    Attributes:
        path: file that holds it.
        index: number of the frame in the file.
        position: centre of the first pixel, LPS mm.
        orientation: ``(2, 3)`` unit vectors along a row (columns grow) and along a column.
        pixel_mm: distance of neighbours along a row and along a column.
        size: columns, rows.
        rescale: slope and intercept from stored values to HU, or to whatever unit MR or PET has.
        mirror: of MONOCHROME1, what a stored value and its negative add up to.
        padding: stored value that stands for no measurement, None if none is given.
        acquisition: AcquisitionNumber, empty if none is given.
        reference: UID of the coordinate system, empty if none is given.
        patient: PatientID, empty if none is given.
        ct: it is of a CT scanner.
    """

    path: Path
    index: int
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    pixel_mm: tuple[float, float]
    size: tuple[int, int]
    rescale: tuple[float, float]
    mirror: int | None
    padding: int | None
    acquisition: str
    reference: str
    patient: str
    ct: bool


def read_frames(files: Sequence[Path], hounsfield: bool = True) -> list[Frame]:
    """Headers of all slices, in the order of the files.

    Args:
        files: of a series.
        hounsfield: they must be CT with values in HU; otherwise they may be of another machine,
            whose values have any unit and often no slope, or CT that is no HU.

    Raises:
        BrokenScanError: a tag is missing or makes no sense, or an object is no such scan.
    """
    return [frame for path in files for frame in _read(path, hounsfield)]


def _read(path: Path, hounsfield: bool) -> list[Frame]:
    try:
        return list(_frames_of(path, hounsfield))
    except (BrokenScanError, MemoryError):
        raise
    except Exception as error:  # whatever pydicom meets in a damaged header
        raise BrokenScanError(f"the header of {path.name} is damaged ({error})") from error


def _frames_of(path: Path, hounsfield: bool) -> Iterator[Frame]:
    import pydicom
    from pydicom.uid import UID

    head = pydicom.dcmread(path, stop_before_pixels=True, force=True, specific_tags=_TAGS)
    kind = str(head.get("SOPClassUID", ""))
    if kind not in CT and (hounsfield or kind not in OTHER_SCANS):
        called = UID(kind).name or "an object without SOPClassUID"
        raise BrokenScanError(
            f"{called}, expected CT (MR and others are prepared with --modality) ({path.name})"
        )
    check_stored(head, path)
    count = int(head.get("NumberOfFrames") or 1)
    if _PER_FRAME not in head:
        if count > 1:
            raise BrokenScanError(f"{_PER_FRAME} is missing in {path.name}")
        yield _frame(path, 0, head, {}, hounsfield)
        return
    if len(head[_PER_FRAME].value) != count:
        raise BrokenScanError(f"{_PER_FRAME} does not describe the {count} frames of {path.name}")
    shared = head.get(_SHARED)
    for index, own in enumerate(head[_PER_FRAME].value):
        groups = _flat(shared[0] if shared else {}) | _flat(own)
        yield _frame(path, index, head, groups, hounsfield)


def _flat(groups: Any) -> dict[str, Any]:
    """The tags of functional groups, without the groups."""
    items = [e.value[0] for e in groups if e.VR == "SQ" and e.value]
    return {element.keyword: element.value for item in items for element in item}


def _frame(path: Path, index: int, head: Any, own: dict[str, Any], hounsfield: bool) -> Frame:
    values = own if own else head
    down, across = _numbers(values, "PixelSpacing", 2, path)
    if min(down, across) <= 0:
        raise BrokenScanError(f"PixelSpacing is {[float(down), float(across)]} in {path.name}")
    return Frame(
        path=path,
        index=index,
        position=_numbers(values, "ImagePositionPatient", 3, path),
        orientation=_orientation(values, path),
        pixel_mm=(float(across), float(down)),
        size=(int(need(head, "Columns", path)), int(need(head, "Rows", path))),
        rescale=_rescale_of(path, head, values, hounsfield),
        mirror=mirror_of(head, path),
        padding=padding_of(head),
        acquisition=str(head.get("AcquisitionNumber") or ""),
        reference=str(head.get("FrameOfReferenceUID") or ""),
        patient=str(head.get("PatientID") or "").strip(),
        ct=str(head.get("SOPClassUID", "")) in CT,
    )


def _rescale_of(path: Path, head: Any, values: Any, hounsfield: bool) -> tuple[float, float]:
    """Slope and intercept of the values; of scans that are no CT they may be missing."""
    if "ModalityLUTSequence" in head:
        raise BrokenScanError(f"its values go through a look-up table, no slope ({path.name})")
    if not hounsfield and "RescaleSlope" not in values:
        return 1.0, 0.0
    unit = str(values.get("RescaleType") or "").strip().upper()
    if hounsfield and unit not in _UNITS:
        raise BrokenScanError(f"values in {unit}, expected HU ({path.name})")
    slope, intercept = (
        float(_numbers(values, f"Rescale{name}", 1, path)[0]) for name in ("Slope", "Intercept")
    )
    if slope == 0:
        raise BrokenScanError(f"RescaleSlope is 0 in {path.name}")
    return slope, intercept


def _orientation(values: Any, path: Path) -> NDArray[np.float64]:
    pair = _numbers(values, "ImageOrientationPatient", 6, path).reshape(2, 3)
    # Some scanners write three digits; farther off, the numbers are no directions.
    if np.abs(pair @ pair.T - np.eye(2)).max() > 0.01:
        raise BrokenScanError(
            f"ImageOrientationPatient is no pair of perpendicular unit vectors in {path.name}"
        )
    row = pair[0] / np.linalg.norm(pair[0])
    column = pair[1] - row * (row @ pair[1])
    return np.stack([row, column / np.linalg.norm(column)])


def _numbers(values: Any, keyword: str, count: int, path: Path) -> NDArray[np.float64]:
    found = np.atleast_1d(np.asarray(need(values, keyword, path), dtype=np.float64))
    if found.shape != (count,) or not np.isfinite(found).all():
        raise BrokenScanError(f"{keyword} is {found.tolist()} in {path.name}")
    return found
