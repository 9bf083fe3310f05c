"""The volume store: one compressed, chunked file for each scan, read crop by crop.

A file is a Blosc2 array (https://www.blosc.org): LZ4 behind a bit shuffle, chunks of 64^3 voxels in
blocks of 16^3. A 64 x 64 x 32 crop then touches few blocks and is read in well under a millisecond,
while the file has about half the size of the raw voxels; Zstandard would save another tenth and
read at half the speed.

Behind the array stand checksums (:mod:`.checksum`). Header and attributes are checked when a file
is opened, each chunk when a process reads from it for the first time; afterwards reading costs
nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .checksum import DamagedError, Seal, is_sealed, seal_of
from .contract import MOST_VOXELS
from .lock import being_prepared
from .voxels import spacing_of

FORMAT = 3
SUFFIX = ".b2nd"
LISTED = "voxels_sha256"  # attribute: the hash under which a data list knows the volume
VOLUMES, LABELS = "volumes", "labels"  # folders of a prepared data set
HEADER = "medssl"


class StoredVolume:
    """A scan of the store, opened at first use; it travels to other processes as its path.

    Args:
        path: file that :func:`~.writing.write_volume` wrote.

    Raises:
        UserError: at first use, where the file is missing, damaged or of another kind.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._opened: tuple[Any, Seal] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "_opened": None}

    @property
    def _file(self) -> tuple[Any, Seal]:
        if self._opened is None:
            self._opened = _open(self.path)
        return self._opened

    @property
    def _array(self) -> Any:
        return self._file[0]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along x, y, z."""
        x, y, z = self._array.shape
        return x, y, z

    @property
    def dtype(self) -> np.dtype[Any]:
        """int16 for HU, uint8 or uint16 for labels."""
        return np.dtype(self._array.dtype)

    @property
    def affine(self) -> NDArray[np.float64]:
        """``(4, 4)`` voxel index to RAS millimetres."""
        return np.asarray(self._array.schunk.vlmeta[HEADER]["affine"], dtype=np.float64)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size along x, y, z."""
        return spacing_of(self.affine)

    @property
    def attributes(self) -> dict[str, Any]:
        """What was stored beside the voxels."""
        found = self._array.schunk.vlmeta.getall()
        return {key: value for key, value in found.items() if key != HEADER}

    def read(self, start: Sequence[int], size: Sequence[int]) -> NDArray[Any]:
        """Return the ``(X, Y, Z)`` crop that begins at voxel ``start``.

        Raises:
            IndexError: the crop is empty or leaves the volume.
            UserError: the file is damaged where the crop lies.
        """
        array, seal = self._file
        bounds = list(zip(start, size, array.shape, strict=True))
        if any(low < 0 or length < 1 or low + length > limit for low, length, limit in bounds):
            raise IndexError(f"crop {size} at {start} leaves {self.shape} of {self.path}")
        try:
            seal.check(_chunks_of(start, size, array))
            crop = array[tuple(slice(low, low + length) for low, length, _ in bounds)]
        except (RuntimeError, ValueError, OSError) as error:
            raise _damaged(self.path, error) from error
        return np.asarray(crop)

    def read_all(self) -> NDArray[Any]:
        """Return the whole volume."""
        return self.read((0, 0, 0), self.shape)

    def check(self) -> None:
        """Read the whole file anew and compare it with its checksums; nothing is decompressed.

        Raises:
            UserError: it is damaged.
        """
        try:
            Seal(self.path).check()
        except (DamagedError, OSError) as error:
            raise _damaged(self.path, error) from error


def _chunks_of(start: Sequence[int], size: Sequence[int], array: Any) -> Iterator[int]:
    """Numbers, in C order, of the chunks that a crop touches."""
    touched = [
        range(low // edge, (low + length - 1) // edge + 1)
        for low, length, edge in zip(start, size, array.chunks, strict=True)
    ]
    _, ny, nz = (-(-n // edge) for n, edge in zip(array.shape, array.chunks, strict=True))
    return ((x * ny + y) * nz + z for x, y, z in product(*touched))


def _open(path: Path) -> tuple[Any, Seal]:
    import blosc2

    if not path.is_file():  # a pipe would be waited for
        raise _damaged(path, "no file")
    try:
        seal = seal_of(path) if is_sealed(path) else None
        array = blosc2.open(str(path), mode="r", dparams=blosc2.DParams(nthreads=1))
        found = array.schunk.vlmeta[HEADER]["format"]
    except (RuntimeError, ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        raise _damaged(path, error) from error
    if found != FORMAT:
        raise told(
            path,
            f"written in format {found} of the volume store, expected {FORMAT}; run `medssl "
            "prepare images` again",
        )
    if seal is None:
        raise _damaged(path, "cut short, its checksums are missing")
    if math.prod(array.shape) > MOST_VOXELS:  # few bytes hold any number of equal voxels
        raise _damaged(path, f"it announces {array.shape} voxels, more than any scan has")
    return array, seal


def _damaged(path: Path, cause: object) -> UserError:
    """What is wrong with a file that could not be read; it may be gone, at whatever moment."""
    if isinstance(cause, FileNotFoundError) or not path.is_file():
        return told(path, "no such file; run `medssl prepare images` again")
    return told(
        path,
        f"not a readable {SUFFIX} volume ({cause}); run the same `medssl prepare` again, which "
        "writes damaged volumes anew, or give the folder of prepared scans",
    )


def told(path: Path, fault: str) -> UserError:
    """What is wrong with a stored file, unless its folder is being prepared at this moment."""
    if doing := being_prepared(path.parent.parent):
        return UserError(
            f"{path}: not as it was, its folder {doing}; wait until it has ended, then start again"
        )
    return UserError(f"{path}: {fault}")
