"""What the readers of every format give, and what they raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..paths import misread
from .formats import suffix_of

_SHOWN = 60  # characters of a file's name


@dataclass(frozen=True)
class Source:
    """One scan on disk.

    Attributes:
        name: path relative to the source folder, with ``/``; a folder for a DICOM series, with
            ``#`` and the series UID where the folder holds several.
        path: the file to open, or the series' folder.
        files: every file the scan is made of.
        series: DICOM series UID, empty for other formats.
        channel: which one of a four-dimensional NIfTI's volumes it is; None for a file of one.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    series: str = ""
    channel: int | None = None

    @property
    def stem(self) -> str:
        """The name without its suffix, and the number of a volume."""
        if self.series:
            return self.name
        return self.name.removesuffix(f"#{self.channel}")[: -len(suffix_of(self.path))]

    @property
    def place(self) -> str:
        """Where it lies, in one text: its path, with ``#`` and the UID of a DICOM series."""
        return f"{self.path}#{self.series}" if self.series else str(self.path)


@dataclass(frozen=True)
class Scale:
    """From a scan's own values to those that are stored: ``slope * value + intercept``.

    Attributes:
        slope: stored units for one of the scan's own.
        intercept: stored value of 0.
        outside: stored value of what no scanner has seen.
        dark: stored value that the scan's foreground exceeds.
    """

    slope: float
    intercept: float
    outside: float
    dark: int


@dataclass(frozen=True)
class Scan:
    """Voxels as read: ``(X, Y, Z)`` in file order, affine to RAS mm, DICOM patient if known.

    The affine of a scan with a tilted gantry is sheared; see :mod:`~.resampling`. ``scale`` is None
    where values are stored as they are: of CT in HU, and of label maps. ``ct`` where DICOM says so.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    patient: str | None = None
    scale: Scale | None = None
    ct: bool = False

    def without_voxels(self) -> Scan:
        """The scan's grid alone, all voxels being one zero, so that those read can be let go."""
        return replace(self, array=np.broadcast_to(np.zeros(1, np.uint8), self.array.shape))

    def values(self) -> NDArray[np.float32]:
        """A copy of the voxels as they are stored, still on the scan's own grid."""
        if self.scale is None:
            return self.array.astype(np.float32, order="C")
        values = np.empty(self.array.shape, np.float32)
        # Single precision would lose values far from 0 or as small as 1e-40; whole scans need room.
        for plane, own in zip(values, self.array, strict=True):
            plane[...] = own.astype(np.float64) * self.scale.slope + self.scale.intercept
        return values


class BrokenScanError(Exception):
    """A scan that cannot be used; the message is the reason."""


def check_files(files: Sequence[Path]) -> None:
    """Refuse a scan of which a file cannot be opened.

    Raises:
        BrokenScanError: a file is missing, may not be read, or has a name that libraries cannot.
    """
    for path in files:
        if misread([str(path)]):
            raise BrokenScanError("its name is not in UTF-8; rename it")
        try:
            if path.is_symlink() and not path.exists():
                led = _short(path.readlink())
                raise BrokenScanError(f"{_short(path)}: a link to {led}, which is not there")
            if not path.is_file():
                raise BrokenScanError(f"its voxel file {_short(path)} is missing")
            with path.open("rb"):
                pass
        except OSError as error:
            raise BrokenScanError(f"{_short(path)}: cannot be opened ({error.strerror})") from error


def _short(path: Path) -> str:
    """A file's name, which a damaged header may make a page long."""
    return path.name if len(path.name) <= _SHOWN else f"{path.name[:_SHOWN]}..."
