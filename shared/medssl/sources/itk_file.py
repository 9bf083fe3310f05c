"""Reading MetaImage and NRRD with ITK, and what ITK passes over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .formats import METAIMAGE, fields_of, files_of, suffix_of
from .packed_voxels import check_packed, is_raw
from .plausible import check_grid, check_header
from .scan import BrokenScanError, Scan

_LONGEST = 1000
_AXES = tuple("123456789")  # as many as any format has
_NUMBER = re.compile(r"(?<!\S)[+-]?\d\S*")
_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# Of the frames that NRRD defines those that say where left is, by their long and short names.
_PATIENT = {
    *("right-anterior-superior", "left-anterior-superior", "left-posterior-superior"),
    *("ras", "las", "lps"),
}
_MM_OF_UNIT = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001, "µm": 0.001, "microns": 0.001}


def read_itk(path: Path) -> Scan:
    """Read a MetaImage or NRRD file.

    Raises:
        BrokenScanError: no volume, several values per voxel, no voxel size, an unknown unit, a
            frame that does not say where left is, or fewer voxels than announced.
        RuntimeError: ITK cannot read it.
    """
    import itk

    shape, affine = read_itk_grid(path)
    check_grid(shape, affine)  # ITK's own words on a flat matrix are its last row
    check_packed(path)
    array = itk.array_from_image(itk.imread(str(path)))
    return Scan(array.T.reshape(shape), affine)


def read_itk_grid(path: Path) -> tuple[tuple[int, int, int], NDArray[np.float64]]:
    """Voxels along each axis and the affine to RAS mm, from the header alone.

    Raises:
        BrokenScanError, RuntimeError: see :func:`read_itk`.
    """
    import itk

    unit = _mm_of_unit(path)
    _check_fields(path)
    header = itk.ImageIOFactory.CreateImageIO(str(path), itk.CommonEnums.IOFileMode_ReadMode)
    if header is None:
        raise BrokenScanError(f"cannot be read: no {suffix_of(path)} file")
    header.SetFileName(str(path))
    header.ReadImageInformation()
    if header.GetNumberOfComponents() != 1:
        raise BrokenScanError(f"{header.GetNumberOfComponents()} values per voxel")
    shape = [int(header.GetDimensions(axis)) for axis in range(header.GetNumberOfDimensions())]
    check_header(shape, header.GetComponentSize(), files_of(path), packed=not is_raw(path))
    spacing = [header.GetSpacing(axis) for axis in range(3)]
    if min(spacing) <= 0:
        raise BrokenScanError(f"its voxel size is {spacing}")
    affine = np.eye(4)
    for axis in range(3):
        affine[:3, axis] = np.asarray(header.GetDirection(axis))[:3] * spacing[axis]
        affine[axis, 3] = header.GetOrigin(axis)
    affine[:3] *= unit
    return (shape[0], shape[1], shape[2]), _RAS_FROM_LPS @ affine


def _check_fields(path: Path) -> None:
    """Refuse fields, and a number of axes, that ITK has no room for, and writes beyond it."""
    fields = fields_of(path)
    # What is behind ``:=`` are a user's own notes.
    for name, value in fields.items():
        if len(value) > _LONGEST and not value.startswith("="):
            raise BrokenScanError(f"cannot be read: {name[:20]} of {len(value):,} characters")
    count = fields.get("ndims") or fields.get("dimension") or "no"
    if count not in _AXES:
        raise BrokenScanError(f"cannot be read: its header announces {count[:20]} axes")
    if suffix_of(path).lower() in METAIMAGE:
        _check_metaimage(fields, int(count))


def _check_metaimage(fields: Mapping[str, str], axes: int) -> None:
    """Refuse what ITK prints on standard error, calling it a file that does not exist."""
    for name in ("DimSize", "ElementType", "ElementDataFile"):
        if name.lower() not in fields:
            raise BrokenScanError(f"cannot be read: its header has no {name}")
    size = fields["dimsize"]
    if len(_NUMBER.findall(size)) < axes:
        raise BrokenScanError(
            f"cannot be read: its DimSize is {size[:40]!r}, expected {axes} numbers"
        )


def _mm_of_unit(path: Path) -> float:
    """Millimetres of the header's unit; ITK takes a missing voxel size as 1 and any unit as mm."""
    fields = fields_of(path)
    if suffix_of(path).lower() in METAIMAGE:
        if not {"elementspacing", "elementsize"} & fields.keys():
            raise BrokenScanError("cannot be read: its header has no ElementSpacing")
        return 1.0
    if not {"space directions", "spacings"} & fields.keys():
        raise BrokenScanError("cannot be read: its header has no space directions")
    space = fields.get("space", "").lower()
    if space not in _PATIENT:
        raise BrokenScanError(
            f"its space is {space or 'not given'}: it does not say where left is; expected RAS, "
            "LAS or LPS"
        )
    units = {unit.lower() for unit in fields.get("space units", "").replace('"', " ").split()}
    if len(units) > 1 or not units <= _MM_OF_UNIT.keys():
        raise BrokenScanError(f'space units {fields["space units"]}, expected "mm" for each axis')
    return _MM_OF_UNIT[units.pop()] if units else 1.0
