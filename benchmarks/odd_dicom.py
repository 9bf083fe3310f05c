"""Small CT series in DICOM, written as scanners and archives hand them out, right or wrong.

The object is the same in every file: a body of -50 HU and 45 mm radius along z with a ball of
700 HU and 12 mm radius at RAS (-10, 14, 60) mm, its surface soft over 4 mm so that what is measured
hardly depends on the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

Floats = NDArray[np.float64]
Change = Callable[[Dataset, int], None]

CENTRE_RAS_MM, RADIUS_MM = np.array([-10.0, 14.0, 60.0]), 12.0
SURFACE_MM, BODY_HU, BALL_HU = 4.0, -50.0, 700.0
VOLUME_MM3 = 4 / 3 * np.pi * (RADIUS_MM**3 + RADIUS_MM * SURFACE_MM**2 / 4)
LEVEL_HU = 325.0  # half-way between the two
CT, ENHANCED = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"
PLACES = np.arange(40) * 3.0
PIXEL_MM, SIZE = (2.0, 2.0), (72, 72)
AXIAL = np.array([[1.0, 0, 0], [0, 1, 0]])
_MIDDLE_LPS = np.array([0.37, -0.53, 60.41])  # no voxel lies exactly on the ball's surface


def paint(ras_mm: Floats) -> Floats:
    """HU at points ``(..., 3)`` in RAS mm."""
    hu = np.where(np.hypot(ras_mm[..., 0], ras_mm[..., 1]) < 45, BODY_HU, -1000.0)
    depth = (RADIUS_MM - np.linalg.norm(ras_mm - CENTRE_RAS_MM, axis=-1)) / SURFACE_MM + 0.5
    return np.where(depth > 0, BODY_HU + (BALL_HU - BODY_HU) * np.clip(depth, 0, 1), hu)


def errors_of(hu: NDArray[Any], affine: Floats) -> tuple[float, float]:
    """How far the ball lies off its place (mm), and by what share its volume is wrong."""
    share = np.clip((hu - BODY_HU) / (BALL_HU - BODY_HU), 0, 1)
    total = float(share.sum())
    marginal = [
        np.tensordot(np.arange(n), share.sum(axis=tuple({0, 1, 2} - {axis})), 1) / total
        for axis, n in enumerate(share.shape)
    ]
    centre = (affine @ [*marginal, 1])[:3]
    size = total * abs(float(np.linalg.det(affine[:3, :3])))
    return float(np.linalg.norm(centre - CENTRE_RAS_MM)), size / VOLUME_MM3 - 1


def origins(
    places: Sequence[float] | Floats = PLACES,
    axes: Floats = AXIAL,
    pixel_mm: tuple[float, float] = PIXEL_MM,
    size: tuple[int, int] = SIZE,
    table: Floats | None = None,
) -> Floats:
    """First pixels, LPS mm, of slices around the middle, 60 mm from place 0 along the table.

    The table moves along the slices' normal; another direction is a tilted gantry.
    """
    normal = np.cross(*axes)
    along = normal if table is None else table
    corner = sum(axes[n] * pixel_mm[n] * size[n] / 2 for n in range(2))
    return _MIDDLE_LPS - corner + (np.asarray(places)[:, None] - 60) * along


def tilted(degrees: float) -> tuple[Floats, Floats]:
    """Axes of slices tilted about x, and where the table moves."""
    angle = np.deg2rad(degrees)
    axes = np.array([[1.0, 0, 0], [0, np.cos(angle), np.sin(angle)]])
    return axes, np.array([0.0, 0, 1])


def turned(about_z: float, about_x: float) -> Floats:
    """Axes of oblique slices, from angles in degrees."""
    a, b = np.deg2rad([about_z, about_x])
    first = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    second = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return AXIAL @ (first @ second).T


def slice_of(
    origin: Floats,
    axes: Floats = AXIAL,
    pixel_mm: tuple[float, float] = PIXEL_MM,
    size: tuple[int, int] = SIZE,
    rescale: tuple[float, float] = (1.0, -1024.0),
) -> tuple[Dataset, Floats]:
    """Header of a slice and its stored values ``(rows, columns)``; pixels in mm across, down."""
    i, j = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    points = origin + i[..., None] * axes[0] * pixel_mm[0] + j[..., None] * axes[1] * pixel_mm[1]
    stored = np.rint((paint(points * [-1, -1, 1]) - rescale[1]) / rescale[0])
    d = Dataset()
    d.SOPClassUID, d.Modality, d.PatientID = CT, "CT", "P"
    d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = "1.2.3", "1.2.3.4", "1.2.3.9"
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.ImagePositionPatient = [round(float(x), 6) for x in origin]
    d.ImageOrientationPatient = [round(float(x), 9) for x in axes.ravel()]
    d.PixelSpacing = [pixel_mm[1], pixel_mm[0]]
    d.Columns, d.Rows = size
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.BitsAllocated = d.BitsStored = 16
    d.HighBit, d.PixelRepresentation = 15, 0
    d.RescaleSlope, d.RescaleIntercept = (round(float(x), 6) for x in rescale)
    return d, stored


def write(
    path: Path, d: Dataset, stored: Floats, syntax: str = ExplicitVRLittleEndian, bare: bool = False
) -> None:
    """Write one object; ``bare`` leaves preamble and file meta information out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    big = syntax == ExplicitVRBigEndian
    bits = int(d.BitsStored)
    kind = np.dtype(f"{'>' if big else '<'}u{int(d.BitsAllocated) // 8}")
    pixels = stored.astype(np.int64) & ((1 << bits) - 1)
    unused = (0xA5A5 << bits) & 0xFFFF if bits < 16 else 0  # what some scanners leave there
    d.PixelData = (pixels | unused).astype(kind).tobytes()
    d["PixelData"].VR = "OW"
    d.SOPInstanceUID = f"1.2.3.4.5.{abs(hash(str(path))) % 10**12}"
    if bare:
        implicit = syntax == ImplicitVRLittleEndian
        dcmwrite(path, d, enforce_file_format=False, implicit_vr=implicit, little_endian=True)
        return
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = syntax
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    dcmwrite(path, d, enforce_file_format=True)


def write_series(
    folder: Path,
    firsts: Floats | None = None,
    axes: Floats = AXIAL,
    change: Change | None = None,
    rescales: Sequence[tuple[float, float]] = ((1.0, -1024.0),),
    name: str = "",
    syntax: str = ExplicitVRLittleEndian,
    bare: bool = False,
    pixels: Callable[[Floats], Floats] = np.asarray,
    **how: Any,
) -> None:
    """Write one file a slice; ``change`` spoils a header, given the slice's number.

    ``pixels`` spoils the stored values.
    """
    for number, origin in enumerate(origins(axes=axes, **how) if firsts is None else firsts):
        rescale = rescales[number % len(rescales)]
        d, stored = slice_of(origin, axes, rescale=rescale, **how)
        d.InstanceNumber = number
        if change is not None:
            change(d, number)
        write(folder / f"{name}{number:03d}.dcm", d, pixels(stored), syntax, bare)


def write_enhanced(
    path: Path,
    firsts: Floats | None = None,
    axes: Floats = AXIAL,
    rescales: Sequence[tuple[float, float]] = ((1.0, -1024.0),),
    change: Change | None = None,
) -> None:
    """Write all slices as the frames of one file, in the order given."""
    frames, values = [], []
    for number, origin in enumerate(origins(axes=axes) if firsts is None else firsts):
        head, stored = slice_of(origin, axes, rescale=rescales[number % len(rescales)])
        values.append(stored)
        frames.append(_groups(head, ["ImagePositionPatient"], "PlanePositionSequence"))
        rescale = ["RescaleSlope", "RescaleIntercept"]
        frames[-1].update(_groups(head, rescale, "PixelValueTransformationSequence"))
    shared = _groups(head, ["PixelSpacing"], "PixelMeasuresSequence")
    shared.update(_groups(head, ["ImageOrientationPatient"], "PlaneOrientationSequence"))
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", *rescale):
        delattr(head, name)
    head.SOPClassUID, head.NumberOfFrames = ENHANCED, len(frames)
    head.PerFrameFunctionalGroupsSequence = frames
    head.SharedFunctionalGroupsSequence = [shared]
    if change is not None:
        change(head, 0)
    write(path, head, np.stack(values))


def _groups(head: Dataset, names: Sequence[str], sequence: str) -> Dataset:
    inner, outer = Dataset(), Dataset()
    for name in names:
        setattr(inner, name, head[name].value)
    setattr(outer, sequence, [inner])
    return outer


def tags(**values: Any) -> Change:
    """A change that sets tags in every slice, and removes those that are given as None."""
    return only(range(10**6), **values)


def only(numbers: Sequence[int], **values: Any) -> Change:
    """A change that sets or removes tags in some slices."""

    def change(d: Dataset, number: int) -> None:
        for name, value in values.items() if number in numbers else ():
            if value is None:
                delattr(d, name)
            else:
                setattr(d, name, value)

    return change
