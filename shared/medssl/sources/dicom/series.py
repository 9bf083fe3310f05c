"""Reading one DICOM series, or its grid alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..scan import Scan
from .frames import Frame, read_frames
from .pixels import read_voxels
from .stack import stack

_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_series(files: Sequence[Path]) -> Scan:
    """Read a series: slices in order of their places, voxels in HU, affine to RAS mm.

    Raises:
        BrokenScanError: see :func:`~.frames.read_frames` and :func:`~.stack.stack`.
    """
    frames, affine = read_stack(files)
    return Scan(read_voxels(frames), affine, frames[0].patient or None)


def read_stack(files: Sequence[Path]) -> tuple[list[Frame], NDArray[np.float64]]:
    """The slices in order, from the headers alone, and their affine to RAS mm."""
    frames, affine = stack(read_frames(files))
    return frames, _RAS_FROM_LPS @ affine
