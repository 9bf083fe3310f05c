"""What the readers of every format give, and what they raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .formats import suffix_of


@dataclass(frozen=True)
class Source:
    """One scan on disk.

    Attributes:
        name: path relative to the source folder, with ``/``; a folder for a DICOM series, with
            ``#`` and the series UID where the folder holds several.
        path: the file to open, or the series' folder.
        files: every file the scan is made of.
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
    """Voxels as stored: ``(X, Y, Z)`` in file order, affine to RAS mm, DICOM patient if known.

    The affine of a scan with a tilted gantry is sheared; see :mod:`~.resampling`.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    patient: str | None = None


class BrokenScanError(Exception):
    """A scan that cannot be used; the message is the reason."""


def check_files(files: Sequence[Path]) -> None:
    """Refuse a scan of which a file cannot be opened.

    Raises:
        BrokenScanError: a file is missing, or may not be read.
    """
    for path in files:
        try:
            if not path.is_file():
                raise BrokenScanError(f"its voxel file {path.name} is missing")
            with path.open("rb"):
                pass
        except OSError as error:
            raise BrokenScanError(f"{path.name}: cannot be opened ({error.strerror})") from error
