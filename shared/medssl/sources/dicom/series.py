"""Reading one DICOM series, or its grid alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..scan import BrokenScanError, Scan
from .frames import Frame, read_frames
from .pixels import read_voxels
from .stack import stack

_AIR_BELOW = -500.0
_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_series(files: Sequence[Path], hounsfield: bool = True) -> Scan:
    """Read a series: slices in order of their places, voxels in HU, affine to RAS mm.

    Args:
        files: its slices.
        hounsfield: it is CT; otherwise MR, PET and the like, or CT that is no HU, with values as
            they are.

    Raises:
        BrokenScanError: see :func:`~.frames.read_frames` and :func:`~.stack.stack`; or a slice
            whose scale contradicts the others'.
    """
    frames, affine = read_stack(files, hounsfield)
    voxels = read_voxels(frames, hounsfield)
    if hounsfield:
        _check_levels(frames, voxels)
    return Scan(voxels, affine, frames[0].patient or None, ct=frames[0].ct)


def _check_levels(frames: Sequence[Frame], voxels: NDArray[np.float32]) -> None:
    """Refuse a slope or intercept that lifts single slices: all of them show air, or none does.

    Raises:
        BrokenScanError: in one slice nothing is below 0 HU, though others have a scale of their
            own and show air.
    """
    if len({frame.rescale for frame in frames}) == 1:
        return
    lowest = voxels.min(axis=(0, 1))
    if lowest.min() < _AIR_BELOW and lowest.max() >= 0:
        wrong = frames[int(lowest.argmax())].path.name
        raise BrokenScanError(
            f"values of {wrong} begin at {lowest.max():g} HU, others at {lowest.min():g}: "
            "its RescaleSlope or RescaleIntercept is wrong"
        )


def read_stack(
    files: Sequence[Path], hounsfield: bool = True
) -> tuple[list[Frame], NDArray[np.float64]]:
    """The slices in order, from the headers alone, and their affine to RAS mm."""
    frames, affine = stack(read_frames(files, hounsfield))
    return frames, _RAS_FROM_LPS @ affine
