"""Writing a volume of the store, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_atomically
from .checksum import append_seal
from .volume_file import FORMAT, HEADER

_CHUNK, _BLOCK = 64, 16


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
