"""Scans of every format: the one way from files to voxels, for preparation and inference alike."""

from __future__ import annotations

import re
from dataclasses import replace

from ..store.contract import HU
from .dicom.series import read_series
from .find import find_sources, source_of
from .formats import ACCEPTED, NIFTI, suffix_of
from .intensity import scale_of
from .itk_file import read_itk
from .nifti_file import read_nifti
from .plausible import check_geometry
from .scan import BrokenScanError, Scan, Source, check_files

__all__ = [
    "ACCEPTED",
    "BrokenScanError",
    "Scan",
    "Source",
    "find_sources",
    "read_image",
    "read_source",
    "source_of",
    "suffix_of",
]

_MESSAGE = 160
_ADDRESS = re.compile(r"^ITK ERROR: \w+\(0x[0-9a-f]+\): ")


def read_image(source: Source, intensity: str = HU) -> Scan:
    """Read one image: what preparation, inference and annotation servers all call.

    Args:
        source: of the scan.
        intensity: rule for its values, see :mod:`~.intensity`.

    Returns:
        Voxels on the scan's own grid, with the scale that the rule gives it.

    Raises:
        BrokenScanError: see :func:`read_source` and :func:`~.intensity.scale_of`.
    """
    scan = read_source(source, intensity)
    return replace(scan, scale=scale_of(scan.array, intensity))


def read_source(source: Source, intensity: str = HU) -> Scan:
    """Read one scan, image or label map.

    Raises:
        BrokenScanError: unreadable or truncated, not three-dimensional, not scalar, or without a
            usable geometry; see :func:`~.plausible.check_geometry` and :mod:`~.dicom.stack`.
    """
    check_files(source.files)
    try:
        if source.series:
            scan = read_series(source.files, hounsfield=intensity == HU)
        elif suffix_of(source.path).lower() in NIFTI:
            scan = read_nifti(source.path, source.channel)
        else:
            scan = read_itk(source.path)
    except BrokenScanError:
        raise
    except Exception as error:  # each format's library raises its own kinds, ITK plain RuntimeError
        text = _one_line(error).replace(str(source.path), source.path.name)
        raise BrokenScanError(f"cannot be read: {text[:_MESSAGE]}") from error
    check_geometry(scan)
    return scan


def _one_line(error: Exception) -> str:
    """ITK's reason stands last, behind an address; nibabel asks a question behind its own."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("- ")] or lines
    return _ADDRESS.sub("", told[-1]) if told else type(error).__name__
