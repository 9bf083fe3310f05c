"""Finding scans on disk and reading them: NIfTI, MetaImage, NRRD and DICOM series."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

NIFTI = (".nii", ".nii.gz")
ITK = (".mhd", ".mha", ".nrrd")
SUFFIXES = NIFTI + ITK
ACCEPTED = ", ".join(SUFFIXES) + " or DICOM series"
_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_PREAMBLE = 128
_PATIENT_ID = "0010|0020"
_NON_UNIFORM = "ITK_non_uniform_sampling_deviation"
_GAP = 0.1
_DEGENERATE = 1e-3
_MESSAGE = 160
_NARROWEST_HU = 50.0


@dataclass(frozen=True)
class Source:
    """One scan on disk.

    Attributes:
        name: path relative to the source folder, with ``/``; a folder for a DICOM series, with
            ``#`` and the series UID where the folder holds several.
        path: the file to open, or the series' folder.
        files: every file the scan is made of, in reading order.
        series: DICOM series UID, empty for other formats.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    series: str = ""

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return self.name if self.series else self.name[: -len(suffix_of(self.path))]


@dataclass(frozen=True)
class Scan:
    """Voxels as stored: ``(X, Y, Z)`` in file order, affine to RAS mm, DICOM patient if known."""

    array: NDArray[Any]
    affine: NDArray[np.float64]
    patient: str | None = None


class BrokenScanError(Exception):
    """A scan that cannot be used; the message is the reason."""


def suffix_of(path: Path) -> str:
    """The accepted suffix of a file name, in its own spelling, or the empty string."""
    name = path.name.lower()
    length = max((len(suffix) for suffix in SUFFIXES if name.endswith(suffix)), default=0)
    return path.name[len(path.name) - length :]


def find_sources(folder: Path) -> list[Source]:
    """All scans below ``folder``, sorted by name; hidden files and folders are passed over."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [Path(root) / name for name in sorted(names) if not name.startswith(".")]
        for path in paths:
            if suffix_of(path):
                found.append(Source(path.relative_to(folder).as_posix(), path, _files_of(path)))
        if any(_is_dicom(path) for path in paths if not suffix_of(path)):
            found += _series(Path(root), folder)
    return sorted(found, key=lambda source: source.name)


def source_of(path: Path) -> Source:
    """The scan in one file.

    Raises:
        UserError: no such file, or of a kind that is not accepted.
    """
    if not path.is_file() or not suffix_of(path):
        raise UserError(f"{path}: expected a file, one of {', '.join(SUFFIXES)}")
    return Source(str(path), path, _files_of(path))


def read_source(source: Source) -> Scan:
    """Read one scan.

    Raises:
        BrokenScanError: unreadable or truncated, not three-dimensional, not scalar, or without a
            usable geometry.
    """
    missing = [path.name for path in source.files if not path.is_file()]
    if missing:
        raise BrokenScanError(f"its voxel file {missing[0]} is missing")
    try:
        if source.series:
            scan = _read_series(source)
        elif suffix_of(source.path).lower() in NIFTI:
            scan = _read_nifti(source.path)
        else:
            scan = _read_itk([str(source.path)])
    except BrokenScanError:
        raise
    except Exception as error:  # each format's library raises its own kinds, ITK plain RuntimeError
        raise BrokenScanError(f"cannot be read: {_one_line(error)}") from error
    _check_geometry(scan)
    return scan


def read_ct(source: Source) -> Scan:
    """Read one CT: what preparation, inference and annotation servers all call.

    Returns:
        Voxels in HU.

    Raises:
        BrokenScanError: see :func:`read_source` and :func:`check_hu`.
    """
    scan = read_source(source)
    check_hu(scan.array)
    return scan


def check_hu(array: NDArray[Any]) -> None:
    """Refuse voxels that cannot be a CT in Hounsfield units.

    Raises:
        BrokenScanError: NaN or infinite voxels, one constant value, a span below 50 HU, or nothing
            below 0 HU (air is -1000 and fat -100, so even a small crop of a body has some).
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = int(np.count_nonzero(~np.isfinite(array)))
        raise BrokenScanError(f"{count} voxels are NaN or infinite")
    low, high = float(array.min()), float(array.max())
    if low == high:
        raise BrokenScanError(f"every voxel is {low:g}")
    if low >= 0 or high - low < _NARROWEST_HU:
        raise BrokenScanError(
            f"values {low:g} to {high:g} are no Hounsfield units (air is -1000, fat -100)"
        )


def _files_of(path: Path) -> tuple[Path, ...]:
    """A MetaImage header names the file that holds its voxels."""
    if path.suffix.lower() == ".mhd":
        text = path.read_text(encoding="utf-8", errors="replace")
        named = re.search(r"^\s*ElementDataFile\s*=\s*(\S.*?)\s*$", text, re.MULTILINE)
        if named and named[1] not in ("LOCAL", "LIST") and "%" not in named[1]:
            return path, path.parent / named[1]
    return (path,)


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            stream.seek(_PREAMBLE)
            return stream.read(4) == b"DICM"
    except OSError:
        return False


def _series(folder: Path, top: Path) -> Iterator[Source]:
    import itk

    names = itk.GDCMSeriesFileNames.New()
    names.SetUseSeriesDetails(False)
    names.SetDirectory(str(folder))
    relative = folder.relative_to(top).as_posix()
    series = list(names.GetSeriesUIDs())
    for uid in series:
        files = tuple(Path(name) for name in names.GetFileNames(uid))
        inside = relative if len(series) == 1 else f"{relative}#{uid}"
        name = uid if relative == "." else inside
        yield Source(name, folder, files, series=uid)


def _read_nifti(path: Path) -> Scan:
    import nibabel

    image = nibabel.load(path)
    array = np.asanyarray(image.dataobj)
    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    return Scan(array, np.asarray(image.affine, dtype=np.float64))


def _read_itk(files: list[str]) -> Scan:
    import itk

    image = itk.imread(files if len(files) > 1 else files[0])
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise BrokenScanError(f"{image.GetNumberOfComponentsPerPixel()} values per voxel")
    dimension, metadata = image.GetImageDimension(), image.GetMetaDataDictionary()
    if metadata.HasKey(_NON_UNIFORM):
        deviation = float(metadata[_NON_UNIFORM])
        if deviation > _GAP * image.GetSpacing()[2]:
            raise BrokenScanError(f"slices are missing or unevenly spaced (by {deviation:.2f} mm)")
    affine = np.eye(4)
    if dimension == 3:
        direction = itk.array_from_matrix(image.GetDirection())
        affine[:3, :3] = direction * np.asarray(image.GetSpacing())
        affine[:3, 3] = np.asarray(image.GetOrigin())
    array = itk.array_from_image(image)
    return Scan(array.transpose(range(dimension)[::-1]), _RAS_FROM_LPS @ affine)


def _read_series(source: Source) -> Scan:
    import itk

    if len(source.files) == 1:
        raise BrokenScanError("a series of one slice, expected a volume")
    scan = _read_itk([str(path) for path in source.files])
    header = itk.GDCMImageIO.New(FileName=str(source.files[0]))
    header.ReadImageInformation()
    tags = header.GetMetaDataDictionary()
    patient = str(tags[_PATIENT_ID]).strip() if tags.HasKey(_PATIENT_ID) else ""
    return Scan(scan.array, scan.affine, patient or None)


def _check_geometry(scan: Scan) -> None:
    shape = scan.array.shape
    if len(shape) != 3 or min(shape) < 2:
        raise BrokenScanError(f"shape {tuple(shape)} is not a volume (three axes of 2 or more)")
    if scan.array.dtype.kind not in "iufb":
        raise BrokenScanError(f"voxels of type {scan.array.dtype}, expected one number each")
    spacing = np.linalg.norm(scan.affine[:3, :3], axis=0)
    cosines = scan.affine[:3, :3] / np.where(spacing > 0, spacing, 1)
    if not np.isfinite(scan.affine).all() or abs(np.linalg.det(cosines)) < _DEGENERATE:
        raise BrokenScanError(f"its affine has no inverse (spacing {spacing.round(4).tolist()} mm)")


def _one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:_MESSAGE] if lines else type(error).__name__
