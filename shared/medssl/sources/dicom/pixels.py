"""Voxels of a series through ITK's GDCM, which knows the compressed transfer syntaxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scan import BrokenScanError
from ..upright import AIR_HU
from .body import check_body
from .frames import Frame


def read_voxels(frames: Sequence[Frame], hounsfield: bool = True) -> NDArray[np.float32]:
    """``(columns, rows, slices)`` in the order of the frames; every file is read once.

    Args:
        frames: of a series.
        hounsfield: values are HU.

    Raises:
        BrokenScanError: a file cannot be decoded, does not hold what its header says, or is cut
            off.
    """
    places: dict[Path, list[int]] = defaultdict(list)
    for number, frame in enumerate(frames):
        places[frame.path].append(number)
    columns, rows = frames[0].size
    voxels = np.empty((len(frames), rows, columns), np.float32)
    for path, numbers in places.items():
        check_body(path)
        values, applied = _decode(path)
        if values.shape[1:] != (rows, columns) or len(values) != len(numbers):
            raise BrokenScanError(f"{path.name} holds {values.shape[::-1]} pixels")
        for number in numbers:
            frame = frames[number]
            voxels[number] = _rescale(values[frame.index], frame, applied, hounsfield)
    return voxels.transpose(2, 1, 0)


def _decode(path: Path) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """``(frames, rows, columns)``, and the slope and intercept that GDCM applied to all of them."""
    import itk

    decoder = itk.GDCMImageIO.New()
    kind = itk.Image[itk.F, 3]
    reader = itk.ImageFileReader[kind].New(FileName=str(path), ImageIO=decoder)
    try:
        reader.Update()
    except RuntimeError as error:  # its text is a location in ITK's source
        raise BrokenScanError(f"cannot be read: GDCM finds no pixels in {path.name}") from error
    applied = float(decoder.GetRescaleSlope()), float(decoder.GetRescaleIntercept())
    return itk.array_from_image(reader.GetOutput()), applied


def _rescale(
    values: NDArray[np.float32], frame: Frame, applied: tuple[float, float], hounsfield: bool
) -> NDArray[np.floating]:
    """Undo what GDCM does alike to every frame, and the inversion of MONOCHROME1, if need be.

    Padding is air where it would be brighter than water; what is darker is left as it is. Of scans
    that are no CT it is as dark as the darkest voxel that was measured.
    """
    bright = frame.padding is not None and (not hounsfield or _hu(frame.padding, frame) > 0)
    if applied == frame.rescale and frame.mirror is None and not bright:
        return values
    slope, intercept = applied
    stored = np.rint((values.astype(np.float64) - intercept) / slope)
    hu: NDArray[np.float64] = _hu(stored, frame)
    if bright:
        padded = stored == frame.padding
        hu[padded] = AIR_HU if hounsfield else hu.min(where=~padded, initial=hu.max())
    return hu


def _hu(stored: Any, frame: Frame) -> Any:
    """HU of a stored value or of many."""
    value = stored if frame.mirror is None else frame.mirror - stored
    return value * frame.rescale[0] + frame.rescale[1]
