"""Odd scans by name: what hospitals, archives and tools hand out, made small.

Each case writes one folder. Those in ``READ`` are scans whose ball must be found at its place;
those in ``REFUSED`` must be refused, and the words say why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

import odd_dicom as dicom
from odd_dicom import PLACES, only, origins, tags, tilted, turned, write_enhanced, write_series
from odd_files import READ_FILES, REFUSED_FILES
from odd_folders import READ_FOLDERS, REFUSED_FOLDERS
from odd_headers import READ_HEADERS, REFUSED_HEADERS
from odd_vendors import READ_VENDORS, REFUSED_VENDORS

Case = Callable[[Path], None]

_PRONE = np.array([[-1.0, 0, 0], [0, -1, 0]])
_DECUBITUS = np.array([[0.0, 1, 0], [-1, 0, 0]])
_FEET_FIRST = np.array([[-1.0, 0, 0], [0, 1, 0]])
_CORONAL = np.array([[1.0, 0, 0], [0, 0, -1]])
_SAGITTAL = np.array([[0.0, 1, 0], [0, 0, -1]])
_rng = np.random.default_rng(0)
_SMALL_JITTER, _LARGE_JITTER = _rng.uniform(-0.2, 0.2, 40), _rng.uniform(-1.25, 1.25, 40)


def _series(**how: object) -> Case:
    return partial(write_series, **how)  # type: ignore[arg-type]


def _tilt(degrees: float) -> Case:
    axes, table = tilted(degrees)
    return _series(firsts=origins(axes=axes, table=table), axes=axes)


def _places(places: object) -> Case:
    return _series(firsts=origins(places))  # type: ignore[arg-type]


def _beside(other: Case, place: str = ".") -> Case:
    """A good series, and something else in a folder beside or in the same."""

    def write(folder: Path) -> None:
        write_series(folder)
        other(folder / place)

    return write


def _object(kind: str, **values: object) -> Case:
    change = tags(SOPClassUID=kind, **{"SeriesInstanceUID": "1.2.3.7", **values})
    return _series(firsts=origins([60.0]), change=change, name="other")


def _phases(count: int) -> Case:
    return _places(np.repeat(PLACES, count))


def _cut(folder: Path) -> None:
    write_series(folder)
    path = folder / "020.dcm"
    path.write_bytes(path.read_bytes()[:-4000])


_READ_SERIES: dict[str, Case] = {
    "plain": write_series,
    "descending": _places(PLACES[::-1]),
    "prone": _series(axes=_PRONE),
    "decubitus": _series(axes=_DECUBITUS),
    "feet_first": _series(axes=_FEET_FIRST),
    "coronal": _series(axes=_CORONAL),
    "sagittal": _series(axes=_SAGITTAL),
    "oblique": _series(axes=turned(12, -8)),
    "tilt_20": _tilt(20),
    "tilt_minus_15": _tilt(-15),
    "oblong_pixels": _series(pixel_mm=(1.5, 2.0), size=(96, 72)),
    "negative_spacing_tag": _series(change=tags(SpacingBetweenSlices=-3)),
    "wrong_spacing_tag": _series(change=tags(SpacingBetweenSlices=30, SliceThickness=30)),
    "jitter_0.2mm": _places(PLACES + _SMALL_JITTER),
    "rounded_positions": _places(np.round(np.arange(190) * 0.625, 1)),
    "slopes_by_slice": _series(rescales=((1, -1024), (0.5, -1100), (1.37, -1000.5))),
    "signed": _series(rescales=((1, 0),), change=tags(PixelRepresentation=1)),
    "twelve_bits_and_noise_above": _series(change=tags(BitsStored=12, HighBit=11)),
    "monochrome1": _series(change=tags(PhotometricInterpretation="MONOCHROME1")),
    "implicit": _series(syntax=ImplicitVRLittleEndian),
    "big_endian": _series(syntax=ExplicitVRBigEndian),
    "deflated": _series(syntax=DeflatedExplicitVRLittleEndian),
    "no_preamble": _series(bare=True),
    "no_preamble_implicit": _series(bare=True, syntax=ImplicitVRLittleEndian),
    "enhanced": lambda folder: write_enhanced(folder / "a.dcm"),
    "enhanced_shuffled": lambda folder: write_enhanced(
        folder / "a", np.random.default_rng(1).permutation(origins())
    ),
    "enhanced_rescale_by_frame": lambda folder: write_enhanced(
        folder / "a.dcm", rescales=((1, -1024), (0.5, -1100), (1.37, -1000.5))
    ),
    "enhanced_tilt": lambda folder: write_enhanced(
        folder / "a.dcm", origins(axes=tilted(20)[0], table=tilted(20)[1]), tilted(20)[0]
    ),
    "two_series": _beside(_series(change=tags(SeriesInstanceUID="1.2.3.5"), name="b")),
    "beside_dose": _beside(_object("1.2.840.10008.5.1.4.1.1.481.2"), "dose"),
    "beside_report": _beside(_object("1.2.840.10008.5.1.4.1.1.88.33", Modality="SR")),
    "beside_segmentation": _beside(_object("1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG")),
    "beside_colours": _beside(
        _object(dicom.CT, SamplesPerPixel=3, SeriesInstanceUID="1.2.3.4", Rows=24)
    ),
    "beside_localizer": _beside(
        _object(dicom.CT, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], Rows=36)
    ),
    **READ_VENDORS,
}

_REFUSED_SERIES: dict[str, tuple[Case, str]] = {
    "no_position": (_series(change=tags(ImagePositionPatient=None)), "ImagePositionPatient is mis"),
    "no_orientation": (
        _series(change=only([7], ImageOrientationPatient=None)),
        "ImageOrientationPatient is missing in 007.dcm",
    ),
    "no_pixel_spacing": (_series(change=tags(PixelSpacing=None)), "PixelSpacing is missing"),
    "no_slope": (_series(change=tags(RescaleSlope=None)), "RescaleSlope is missing"),
    "other_unit": (_series(change=tags(RescaleType="Z_EFF")), "values in Z_EFF"),
    "one_place": (_places([60.0] * 12), "all 12 slices lie at one place"),
    "one_slice": (_places([60.0]), "one slice"),
    "doubled": (_places([*PLACES, 15, 36, 60]), "3 slices are doubled"),
    "gap": (_places(np.delete(PLACES, 9)), "slices are missing: 1 of them, after 24.4 mm"),
    "gaps": (_places(np.delete(PLACES, [9, 10, 11, 30])), "slices are missing: 4 of them"),
    "two_phases": (_phases(2), "several phases.*: 2 slices at each of 40 places"),
    "ten_phases": (_phases(10), "several phases.*: 10 slices at each of 40 places"),
    "spacing_changes": (
        _places([*np.arange(20) * 2.0, *(40 + np.arange(25) * 3.0)]),
        "changes from 2.00 to 3.00 mm at 40.4",
    ),
    "spacing_changes_slightly": (
        _places([*np.arange(40) * 1.5, *(60 + np.arange(40) * 1.6)]),
        "changes from 1.50 to 1.60 mm at 60.4",
    ),
    "jitter_1.25mm": (_places(PLACES + _LARGE_JITTER), "unevenly spaced"),
    "sideways": (
        _series(firsts=origins() + (np.arange(40) > 20)[:, None] * [8.0, 0, 0]),
        "shifted sideways, unevenly",
    ),
    "turned_slice": (
        _series(change=only([5], ImageOrientationPatient=[0, 1, 0, 1, 0, 0])),
        "slices of different orientation",
    ),
    "other_pixel_spacing": (
        _series(change=only([5], PixelSpacing=[1.9, 1.9])),
        "slices of different PixelSpacing",
    ),
    "other_rows": (
        _beside(_series(firsts=origins([120.0], size=(72, 64)), size=(72, 64), name="b")),
        "slices of different size: 72 x 72 and 72 x 64",
    ),
    "other_frame_of_reference": (
        _series(change=only([5], FrameOfReferenceUID="1.2.77")),
        "2 coordinate systems",
    ),
    "two_patients": (_series(change=only([5], PatientID="Q")), "2 patients"),
    "magnetic_resonance": (
        _series(change=tags(SOPClassUID="1.2.840.10008.5.1.4.1.1.4", Modality="MR")),
        "MR Image Storage, expected CT",
    ),
    "cut_short": (_cut, "020.dcm ends within .* bytes"),
    "enhanced_doubled": (
        lambda folder: write_enhanced(folder / "a.dcm", origins([*PLACES, 15, 36])),
        "2 slices are doubled",
    ),
    "enhanced_without_places": (
        lambda folder: write_enhanced(
            folder / "a.dcm", change=tags(PerFrameFunctionalGroupsSequence=None)
        ),
        "PerFrameFunctionalGroupsSequence is missing",
    ),
    **REFUSED_VENDORS,
}

_READ_FILES = {**READ_FILES, **READ_HEADERS}
_REFUSED_FILES = {**REFUSED_FILES, **REFUSED_HEADERS}

READ: dict[str, Case] = {**_READ_SERIES, **_READ_FILES, **READ_FOLDERS}
REFUSED: dict[str, tuple[Case, str]] = {**_REFUSED_SERIES, **_REFUSED_FILES, **REFUSED_FOLDERS}
SECTIONS: dict[str, list[str]] = {
    "DICOM series": [*_READ_SERIES, *_REFUSED_SERIES],
    "NIfTI, MetaImage and NRRD": [*_READ_FILES, *_REFUSED_FILES],
    "Where the files lie": [*READ_FOLDERS, *REFUSED_FOLDERS],
}
# Cases of more than one scan.
SCANS = {"two_series": 2, "one_series_in_two_folders": 2}
