"""The scans of LIDC-IDRI below a folder, and their voxel grids, read from the headers alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError
from ..dicom.series import read_stack
from ..itk_file import read_itk_grid
from ..readers import BrokenScanError, Source, find_sources
from .consensus import Grid

_METAIMAGE = (".mhd", ".mha")


def find_series(folder: Path) -> dict[str, Source]:
    """DICOM series, and MetaImage files named by their series as in LUNA16, by series UID.

    Raises:
        UserError: no scan in it, or one series twice.
    """
    found: dict[str, Source] = {}
    for source in find_sources(folder):
        if not source.series and source.path.suffix.lower() not in _METAIMAGE:
            continue
        uid = source.series or source.path.stem
        if found.setdefault(uid, source) is not source:
            other = found[uid].name
            raise UserError(f"{folder}: {other} and {source.name} are one series; remove one")
    if not found:
        raise UserError(
            f"{folder}: no scan in it; expected LIDC-IDRI's DICOM series or LUNA16's .mhd files"
        )
    return found


def read_grid(source: Source) -> tuple[Grid, str | None]:
    """Voxel grid and DICOM patient of a scan, without its voxels.

    The outlines count columns and rows in the order of DICOM's pixel matrix. Neither our readers
    nor LUNA16 change that order, whatever the direction cosines: scans of a patient who lay prone
    have -1 in them, and still voxel i is column i. So outlines need no world coordinates within a
    slice.

    Raises:
        BrokenScanError: unreadable, or its slices are not axial.
    """
    patient = None
    try:
        if source.series:
            frames, affine = read_stack(source.files)
            shape, patient = (*frames[0].size, len(frames)), frames[0].patient or None
        else:
            shape, affine = read_itk_grid(source.path)
    except RuntimeError as error:
        raise BrokenScanError("its header cannot be read") from error
    if abs(affine[2, 2]) < 0.5 * np.linalg.norm(affine[:3, 2]):
        raise BrokenScanError("its slices are not axial")
    return Grid(shape, affine), patient
