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

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import write_atomically
from .checksum import DamagedError, Seal, append_seal, is_sealed, seal_of

FORMAT = 3
SUFFIX = ".b2nd"
LISTED = "voxels_sha256"  # attribute: the hash under which a data list knows the volume
VOLUMES, LABELS = "volumes", "labels"  # folders of a prepared data set
_CHUNK, _BLOCK = 64, 16
HEADER = "medssl"
_OPEN_VOLUMES = 128


def write_volume(
    path: str | Path,
    array: NDArray[Any],
    affine: NDArray[np.floating[Any]],
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Write a volume; the file appears under its name only when it is whole.

    Args:
        path: file to write, ending in ``.b2nd``.
        array: ``(X, Y, Z)`` integers, axes in RAS order: int16 HU, or uint8 / uint16 labels.
        affine: ``(4, 4)`` voxel index to RAS millimetres.
        attributes: anything made of dicts, lists, strings, bytes and numbers.

    Raises:
        ValueError: the array is not three-dimensional or not of one of those types.
    """
    import blosc2

    if array.ndim != 3 or array.dtype not in (np.int16, np.uint8, np.uint16):
        raise ValueError(f"cannot store a {array.dtype} array of shape {array.shape}")
    cparams = blosc2.CParams(
        codec=blosc2.Codec.LZ4, clevel=5, filters=[blosc2.Filter.BITSHUFFLE], nthreads=1
    )

    def write(temporary: Path) -> None:
        stored = blosc2.asarray(
            np.ascontiguousarray(array),
            urlpath=str(temporary),
            mode="w",
            chunks=tuple(min(_CHUNK, n) for n in array.shape),
            blocks=tuple(min(_BLOCK, n) for n in array.shape),
            cparams=cparams,
        )
        header = {"format": FORMAT, "affine": np.asarray(affine, dtype=float).tolist()}
        stored.schunk.vlmeta[HEADER] = header
        for key, value in (attributes or {}).items():
            stored.schunk.vlmeta[key] = value
        append_seal(temporary)

    write_atomically(Path(path), write)


class StoredVolume:
    """A scan of the store, opened at first use; it travels to other processes as its path.

    Args:
        path: file that :func:`write_volume` wrote.

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


def voxels_sha256(array: NDArray[Any], affine: NDArray[np.floating[Any]] | None = None) -> str:
    """Hash of decoded voxels ``(X, Y, Z)``, whatever file they come from.

    Shape, type and values count; the affine, to a millionth of a millimetre, where one is given.
    """
    place = [] if affine is None else np.round(np.asarray(affine, dtype=float), 6).tolist()
    plain = np.ascontiguousarray(array)
    digest = hashlib.sha256(repr((plain.shape, plain.dtype.str, place)).encode())
    digest.update(plain.data)
    return digest.hexdigest()


def spacing_of(affine: NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    """Voxel size (x, y, z) in mm of a ``(4, 4)`` affine, to a tenth of a micrometre."""
    x, y, z = np.round(np.linalg.norm(np.asarray(affine)[:3, :3], axis=0), 4).tolist()
    return x, y, z


@lru_cache(maxsize=_OPEN_VOLUMES)
def open_volume(path: str) -> StoredVolume:
    """A volume that this process keeps open for the next read."""
    return StoredVolume(path)


def _chunks_of(start: Sequence[int], size: Sequence[int], array: Any) -> Iterator[int]:
    """Numbers, in C order, of the chunks that a crop touches."""
    touched = [
        range(low // edge, (low + length - 1) // edge + 1)
        for low, length, edge in zip(start, size, array.chunks, strict=True)
    ]
    _, ny, nz = (-(-n // edge) for n, edge in zip(array.shape, array.chunks, strict=True))
    return ((x * ny + y) * nz + z for x, y, z in product(*touched))


def open_item(item: Mapping[str, Any], name: str = "image") -> StoredVolume:
    """The volume of a data list's item, kept open, if it is the one that the list describes.

    Args:
        item: with the path under ``name`` and, of a prepared folder, the SHA-256 of its voxels.
        name: ``image`` or ``label``.

    Raises:
        UserError: another preparation has written the file since.
    """
    key = "voxels_sha256" if name == "image" else "label_voxels_sha256"
    return _as_listed(str(item[name]), str(item.get(key, "")))


@lru_cache(maxsize=_OPEN_VOLUMES)
def _as_listed(path: str, sha256: str) -> StoredVolume:
    volume = open_volume(path)
    stored = volume.attributes.get(LISTED)
    if sha256 and stored and stored != sha256:
        raise UserError(
            f"{path}: not the volume that its data list describes; a later preparation of this "
            "folder wrote it and did not end well: run `medssl prepare` again, to its end"
        )
    return volume


def _open(path: Path) -> tuple[Any, Seal]:
    import blosc2

    if not path.is_file():
        raise UserError(f"{path}: no such file; run `medssl prepare images` again")
    try:
        seal = seal_of(path) if is_sealed(path) else None
        array = blosc2.open(str(path), mode="r", dparams=blosc2.DParams(nthreads=1))
        found = array.schunk.vlmeta[HEADER]["format"]
    except (RuntimeError, ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        raise _damaged(path, error) from error
    if found != FORMAT:
        raise UserError(
            f"{path}: written in format {found} of the volume store, expected {FORMAT}; "
            "run `medssl prepare images` again"
        )
    if seal is None:
        raise _damaged(path, "cut short, its checksums are missing")
    return array, seal


def _damaged(path: Path, cause: object) -> UserError:
    return UserError(
        f"{path}: not a readable {SUFFIX} volume ({cause}); run the same `medssl prepare` again, "
        "which writes damaged volumes anew, or give the folder of prepared scans"
    )
