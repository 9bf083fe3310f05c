"""Further odd DICOM series by name: habits of vendors and archives; see odd_cases.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

import odd_dicom as dicom
from odd_dicom import PLACES, only, origins, tags, tilted, turned, write_enhanced, write_series

Case = Callable[[Path], None]

_SAGITTAL = np.array([[0.0, 1, 0], [0, 0, -1]])
_CORONAL = np.array([[1.0, 0, 0], [0, 0, -1]])
_OTHER_WAY = np.array([[1.0, 0, 0], [0, 0, 1]])
_ANGLE = np.deg2rad(18)
_SWIVELLED = np.array([[np.cos(_ANGLE), 0, np.sin(_ANGLE)], [0, 1, 0]])
_TABLE = np.array([0.0, 0, 1])
_PADDED = 60_000


def _series(axes: NDArray[np.float64] = dicom.AXIAL, **how: object) -> Case:
    return partial(write_series, axes=axes, **how)  # type: ignore[arg-type]


def _tilt(places: object, degrees: float) -> Case:
    axes, table = tilted(degrees)
    return _series(axes, firsts=origins(places, axes=axes, table=table))  # type: ignore[arg-type]


def _about(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axes turned out of the patient's by some degrees."""
    first, second = turned(12, 0), turned(0, -8)
    turn = np.stack([*first, np.cross(*first)]).T @ np.stack([*second, np.cross(*second)]).T
    return axes @ turn.T


def _round_axes(d: Dataset, _: int) -> None:
    d.ImageOrientationPatient = [round(float(x), 3) for x in d.ImageOrientationPatient]


def _localizer_of_same_uid(folder: Path) -> None:
    write_series(folder)
    write_series(folder, origins([60.0], axes=_CORONAL), _CORONAL, name="scout")


def _in_two_files(folder: Path) -> None:
    write_enhanced(folder / "a.dcm", origins(PLACES[:23]))
    write_enhanced(folder / "b.dcm", origins(PLACES[23:]))


def _run_length(folder: Path) -> None:
    import pydicom

    write_series(folder)
    for path in folder.iterdir():
        image = pydicom.dcmread(path)
        image.compress(RLELossless)
        image.save_as(path)


def _copied(folder: Path) -> None:
    write_series(folder)
    for number in (4, 5):
        copy = folder / f"{number:03d} (1).dcm"
        copy.write_bytes((folder / f"{number:03d}.dcm").read_bytes())


def _pad(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(stored == stored.min(), _PADDED, stored)


def _lift(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    return stored + 1024


def _with_one(spoil: Callable[[Any], None]) -> Case:
    """A series of which one file is written again, whole, with something spoiled in it."""

    def write(folder: Path) -> None:
        import pydicom

        write_series(folder)
        image = pydicom.dcmread(folder / "020.dcm")
        spoil(image)
        image.save_as(folder / "020.dcm")

    return write


def _drop_pixels(image: Any) -> None:
    image.PixelData = image.PixelData[:9000]


def _allocate_one_bit(image: Any) -> None:
    image.BitsAllocated = 1


READ_VENDORS: dict[str, Case] = {
    "tilt_30_descending": _tilt(PLACES[::-1], 30),
    "tilt_20_and_jitter": _tilt(PLACES + np.resize([0.1, -0.15, 0.05], 40), 20),
    "swivel_18": _series(_SWIVELLED, firsts=origins(axes=_SWIVELLED, table=_TABLE)),
    "oblique_sagittal": _series(_about(_SAGITTAL)),
    "oblique_coronal": _series(_about(_CORONAL)),
    "oblique_oblong": _series(turned(12, -8), pixel_mm=(1.5, 2.0), size=(96, 72)),
    "sagittal_descending": _series(_SAGITTAL, firsts=origins(PLACES[::-1], axes=_SAGITTAL)),
    "coronal_upside_down": _series(_OTHER_WAY),
    "axes_of_three_digits": _series(turned(12, -8), change=_round_axes),
    "unsigned_with_intercept": _series(rescales=((1, -8192),)),
    "slope_of_a_tenth": _series(rescales=((0.1, -1024),)),
    "falling_slope": _series(rescales=((-1, 2000),)),
    "monochrome1_signed": _series(
        rescales=((1, 0),),
        change=tags(PhotometricInterpretation="MONOCHROME1", PixelRepresentation=1),
    ),
    "padding_brighter_than_bone": _series(change=tags(PixelPaddingValue=_PADDED), pixels=_pad),
    "run_length_encoded": _run_length,
    "acquisitions_in_turn": _series(change=lambda d, n: setattr(d, "AcquisitionNumber", n // 8)),
    "no_instance_numbers": _series(change=tags(InstanceNumber=None)),
    "enhanced_in_two_files": _in_two_files,
    "enhanced_oblique": lambda folder: write_enhanced(
        folder / "a.dcm", origins(axes=turned(12, -8)), turned(12, -8)
    ),
}

REFUSED_VENDORS: dict[str, tuple[Case, str]] = {
    "tilt_and_gap": (_tilt(np.delete(PLACES, [9, 10]), 20), "slices are missing: 2 of them"),
    "tilt_and_doubled": (_tilt([*PLACES, 15], -15), "1 slice is doubled"),
    "oblique_gap": (
        _series(_about(_SAGITTAL), firsts=origins(np.delete(PLACES, 9), axes=_about(_SAGITTAL))),
        "slices are missing: 1 of them",
    ),
    "half_a_step_off": (
        _series(firsts=origins(PLACES + 1.5 * (np.arange(40) == 17))),
        "unevenly spaced",
    ),
    "steps_that_grow": (_series(firsts=origins(PLACES * (1 + PLACES / 600))), "unevenly|changes"),
    "phases_between_each_other": (
        _series(change=lambda d, n: setattr(d, "AcquisitionNumber", 1 + n % 2)),
        "several phases",
    ),
    "localizer_of_same_uid": (_localizer_of_same_uid, "slices of different"),
    "copied_files": (_copied, "2 slices are doubled"),
    "slice_location_alone": (
        _series(change=tags(ImagePositionPatient=[0, 0, 0])),
        "all 40 slices lie at one place",
    ),
    "two_numbers_of_three": (
        _series(change=only([5], ImagePositionPatient=[1.0, 2.0])),
        r"ImagePositionPatient is \[1.0, 2.0\] in 005.dcm",
    ),
    "negative_pixel_spacing": (_series(change=tags(PixelSpacing=[-2, 2])), "PixelSpacing is"),
    "no_pixel_size": (_series(change=tags(PixelSpacing=[0, 0])), "PixelSpacing is"),
    "pixels_in_metres": (_series(change=tags(PixelSpacing=[0.002, 0.002])), "voxels of 0.002"),
    "no_rescaling": (_series(rescales=((1, 0),), pixels=_lift), "no Hounsfield units"),
    "slope_of_zero": (_series(change=tags(RescaleSlope=0)), "RescaleSlope is"),
    "intercept_lost_in_one_slice": (
        _series(change=only([5], RescaleIntercept=0)),
        "values of 005.dcm begin at 24 HU, others at -1000",
    ),
    "bits_of_nothing": (_with_one(_allocate_one_bit), "16 of 1 bits are stored in 020.dcm"),
    "fewer_pixels_than_announced": (_with_one(_drop_pixels), "020.dcm holds 9,000 bytes of pixels"),
    "axes_not_perpendicular": (
        _series(change=tags(ImageOrientationPatient=[1, 0, 0, 0.3, 0.95, 0])),
        "no pair of perpendicular unit vectors",
    ),
    "enhanced_gap": (
        lambda folder: write_enhanced(folder / "a.dcm", origins(np.delete(PLACES, 9))),
        "slices are missing: 1 of them",
    ),
    "enhanced_two_phases": (
        lambda folder: write_enhanced(folder / "a.dcm", origins(np.repeat(PLACES, 2))),
        "several phases",
    ),
    "enhanced_frame_too_few": (
        lambda folder: write_enhanced(folder / "a.dcm", change=tags(NumberOfFrames=39)),
        "does not describe the 39 frames",
    ),
}
