"""Order and geometry of a stack of slices, from their own positions and orientations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..scan import BrokenScanError
from .frames import Frame

# Below the smallest step between slices that is accepted; positions are written in micrometres.
_SAME_PLACE_MM = 0.02
# Direction cosines that differ by more move the corner of a 500 mm field by a quarter millimetre.
_SAME_DIRECTION = 1e-3
# The same for pixel sizes: half a millimetre over 500 mm.
_SAME_PIXEL = 1e-3
# A slice may lie a tenth of the step from where an even stack has it (tables jitter; positions are
# rounded, hence at least 0.05 mm): voxels there are off by a tenth of their size at most.
_JITTER = 0.1
_ROUNDING_MM = 0.05
# Shift within the plane, apart from the even one of a tilted gantry: less than a pixel.
_SIDEWAYS_MM = 0.5
# Gantries tilt by 30 degrees at most.
_STEEPEST = np.cos(np.deg2rad(45))
# Blocks of one table position follow each other and may overlap by some slices; those of a second
# pass over the body come back at every slice.
_TURNS = 4
_SHOWN = 3


def stack(frames: Sequence[Frame]) -> tuple[list[Frame], NDArray[np.float64]]:
    """Sort slices along their normal and give the affine of the stack.

    Returns:
        The slices in order, and the affine of ``(column, row, slice)`` to LPS mm. Its third column
        is not perpendicular to the others where the gantry was tilted.

    Raises:
        BrokenScanError: slices of unlike size, pixel size, orientation or coordinate system; all
            at one place; doubled, missing or unevenly spaced ones; several phases, be they at the
            same places or between each other.
    """
    if len(frames) < 2:
        raise BrokenScanError("a series of one slice, expected a volume")
    _check_alike(frames)
    row, column = frames[0].orientation
    normal = np.cross(row, column)
    places = np.array([frame.position @ normal for frame in frames])
    order = np.argsort(places, kind="stable")
    _check_places(places[order])
    _check_acquisitions([frames[n].acquisition for n in order])
    positions = np.array([frames[n].position for n in order])
    numbers = np.arange(len(frames))
    fit = np.polynomial.polynomial.polyfit(numbers, positions, 1)
    _check_even(positions - fit[0] - numbers[:, None] * fit[1], normal, places[order])
    if fit[1] @ normal < _STEEPEST * np.linalg.norm(fit[1]):
        raise BrokenScanError("its slices are shifted sideways by more than they are apart")
    affine = np.eye(4)
    across, down = frames[0].pixel_mm
    affine[:3, :3] = np.stack([row * across, column * down, fit[1]], axis=1)
    affine[:3, 3] = fit[0]
    return [frames[n] for n in order], affine


def _check_alike(frames: Sequence[Frame]) -> None:
    first = frames[0]
    for frame in frames:
        pair = f"{first.path.name} and {frame.path.name}"
        if frame.size != first.size:
            sizes = " and ".join(f"{n[0]} x {n[1]}" for n in (first.size, frame.size))
            raise BrokenScanError(f"slices of different size: {sizes} ({pair})")
        if np.abs(frame.orientation - first.orientation).max() > _SAME_DIRECTION:
            raise BrokenScanError(f"slices of different orientation ({pair})")
        if not np.allclose(frame.pixel_mm, first.pixel_mm, rtol=_SAME_PIXEL, atol=0):
            raise BrokenScanError(f"slices of different PixelSpacing ({pair})")
    references = {frame.reference for frame in frames if frame.reference}
    if (count := len(references)) > 1:
        raise BrokenScanError(f"slices of {count} coordinate systems (FrameOfReferenceUID)")
    patients = {frame.patient for frame in frames}
    if len(patients) > 1:
        raise BrokenScanError(f"slices of {len(patients)} patients (PatientID)")


def _check_places(places: NDArray[np.float64]) -> None:
    """Refuse sorted places in mm of which several are one."""
    ends = np.flatnonzero(np.diff(places) > _SAME_PLACE_MM)
    counts = np.diff([-1, *ends, len(places) - 1])
    if len(counts) == 1:
        raise BrokenScanError(f"all {len(places)} slices lie at one place")
    doubled = np.flatnonzero(counts > 1)
    if len(doubled) > len(counts) / 2:
        most = int(counts.max())
        raise BrokenScanError(
            f"several phases under one series UID: {most} slices at each of {len(counts)} places"
        )
    if len(doubled):
        first = places[np.concatenate([[0], ends + 1])][doubled]
        many = "slice is" if len(doubled) == 1 else "slices are"
        raise BrokenScanError(f"{len(doubled)} {many} doubled (at {_some(first)} mm)")


def _check_acquisitions(numbers: Sequence[str]) -> None:
    """Refuse slices in order whose acquisitions take turns all along, not block by block."""
    count = len(set(numbers))
    turns = 1 + sum(one != other for one, other in pairwise(numbers))
    if turns > len(numbers) / 2 and turns >= _TURNS * count:
        raise BrokenScanError(
            f"several phases under one series UID: the slices of {count} acquisitions "
            "(AcquisitionNumber) lie between each other"
        )


def _check_even(
    residual: NDArray[np.float64], normal: NDArray[np.float64], places: NDArray[np.float64]
) -> None:
    """Refuse slices that lie too far from where an even stack has them."""
    steps = np.diff(places)
    step = float(np.median(steps))
    along = residual @ normal
    if np.abs(along).max() > max(_JITTER * step, _ROUNDING_MM):
        raise BrokenScanError(_why_uneven(steps, step, places))
    sideways = float(np.linalg.norm(residual - along[:, None] * normal, axis=1).max())
    if sideways > _SIDEWAYS_MM:
        raise BrokenScanError(f"its slices are shifted sideways, unevenly (by {sideways:.2f} mm)")


def _why_uneven(steps: NDArray[np.float64], step: float, places: NDArray[np.float64]) -> str:
    change = _change(steps)
    if change is not None:
        before, after = steps[:change], steps[change:]
        return (
            f"the distance of its slices changes from {np.median(before):.2f} to "
            f"{np.median(after):.2f} mm at {places[change]:.1f} mm"
        )
    times = np.rint(steps / step)
    wide = times >= 2
    if wide.any() and np.abs(steps / step - times).max() < 2 * _JITTER * times.max():
        lost, where = int((times[wide] - 1).sum()), places[:-1][wide]
        return f"slices are missing: {lost} of them, after {_some(where)} mm"
    return f"slices are unevenly spaced: {steps.min():.2f} to {steps.max():.2f} mm apart"


def _change(steps: NDArray[np.float64]) -> int | None:
    """Where one even distance, kept for three steps or more, gives way to another."""
    best, least = None, np.inf
    for place in range(3, len(steps) - 2):
        parts = steps[:place], steps[place:]
        middles = [float(np.median(part)) for part in parts]
        off = [np.abs(part - middle) for part, middle in zip(parts, middles, strict=True)]
        even = all(
            away.max() < max(_JITTER * middle, _ROUNDING_MM)
            for away, middle in zip(off, middles, strict=True)
        )
        total = float(sum(away.sum() for away in off))
        if even and abs(middles[0] - middles[1]) > _ROUNDING_MM / 2 and total < least:
            best, least = place, total
    return best


def _some(values: NDArray[np.float64]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(f"{value:.1f}" for value in values[:_SHOWN]) + more
