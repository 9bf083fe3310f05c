"""The scans of LIDC-IDRI below a folder, and their voxel grids, read from the headers alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError
from ..readers import BrokenScanError, Source, find_sources
from .consensus import Grid

_METAIMAGE = (".mhd", ".mha")
_PATIENT_ID = "0010|0020"
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


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

    The outlines count columns and rows in the order of DICOM's pixel matrix. Neither ITK nor LUNA16
    changes that order, whatever the direction cosines: scans of a patient who lay prone have -1 in
    them, and still voxel i is column i. So outlines need no world coordinates within a slice.

    Raises:
        BrokenScanError: unreadable, or its slices are not axial.
    """
    import itk

    kind = itk.Image[itk.SS, 3]
    patient = None
    try:
        if source.series:
            header = itk.GDCMImageIO.New()
            names = [str(path) for path in source.files]
            reader = itk.ImageSeriesReader[kind].New(FileNames=names, ImageIO=header)
            reader.UpdateOutputInformation()
            tags = header.GetMetaDataDictionary()
            patient = str(tags[_PATIENT_ID]).strip() if tags.HasKey(_PATIENT_ID) else None
        else:
            reader = itk.ImageFileReader[kind].New(FileName=str(source.path))
            reader.UpdateOutputInformation()
    except RuntimeError as error:
        raise BrokenScanError("its header cannot be read") from error
    image = reader.GetOutput()
    columns, rows, slices = (int(n) for n in image.GetLargestPossibleRegion().GetSize())
    affine = np.eye(4)
    direction = itk.array_from_matrix(image.GetDirection())
    affine[:3, :3] = direction * np.asarray(image.GetSpacing())
    affine[:3, 3] = np.asarray(image.GetOrigin())
    if abs(direction[2, 2]) < 0.5:
        raise BrokenScanError("its slices are not axial")
    return Grid((columns, rows, slices), _LPS_TO_RAS @ affine), patient or None
