"""Reading NIfTI files and pairs."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import CHUNK
from .formats import files_of
from .plausible import check_header
from .scan import BrokenScanError, Scan

_FORM_CODES = range(6)
_MM_OF_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # unknown, metre, millimetre, micrometre


def read_nifti(path: Path, channel: int | None = None) -> Scan:
    """Read a ``.nii`` or ``.hdr`` file, gzip streams to their very end.

    Args:
        path: of the file.
        channel: which volume along the fourth axis; None where there is one alone.

    Raises:
        BrokenScanError: an Analyze pair, colours, no volume, several without ``channel``, an
            unknown unit, no voxel size, or neither qform nor sform.
        Exception: of nibabel or gzip, for files that are damaged or of another kind.
    """
    import nibabel

    image = nibabel.load(path)
    if not isinstance(image, nibabel.Nifti1Pair):
        raise BrokenScanError(
            "an Analyze pair, which does not say where left is; convert it to NIfTI"
        )
    kind = image.get_data_dtype()
    if kind.names:
        raise BrokenScanError(f"colours ({', '.join(kind.names)}), expected one number a voxel")
    voxels = files_of(path)[-1]
    shape = image.shape if channel is None else image.shape[:3]
    check_header(shape, kind.itemsize, [voxels], voxels.suffix.lower() == ".gz")
    header = _header_as_written(path, type(image.header))
    affine = np.array(image.affine, dtype=np.float64)
    affine[:3] *= _mm_of_unit(int(header["xyzt_units"]) & 7)
    if int(header["sform_code"]) == 0 and not np.all(np.abs(header["pixdim"][1:4]) > 0):
        raise BrokenScanError(f"its voxel size is {header['pixdim'][1:4].tolist()}")
    codes = {f"{form}_code": int(header[f"{form}_code"]) for form in ("qform", "sform")}
    if bad := {name: code for name, code in codes.items() if code not in _FORM_CODES}:
        name, code = bad.popitem()  # nibabel would take it for 0
        raise BrokenScanError(f"{name} {code}, which NIfTI does not define")
    if not any(codes.values()):
        raise BrokenScanError("neither qform nor sform: it does not say where left is; set one")
    if channel is not None:
        stat = voxels.stat()
        array = _volumes(path, stat.st_size, stat.st_mtime_ns)
        if channel == array.shape[-1] - 1:
            _volumes.cache_clear()
        return Scan(array[..., channel], affine)
    array = _read_voxels(image)
    return Scan(array.reshape(array.shape[:3]), affine)


@lru_cache(maxsize=1)
def _volumes(path: Path, size: int, mtime_ns: int) -> NDArray[Any]:  # noqa: ARG001
    """All volumes of a file, kept until the last one is asked for, as unpacking takes longest."""
    import nibabel

    array = _read_voxels(nibabel.load(path))
    array.flags.writeable = False
    return array


def count_volumes(path: Path) -> int:
    """How many volumes a NIfTI file holds along its fourth axis; 1 where it has three.

    Raises:
        BrokenScanError: it is damaged or of another kind.
    """
    import nibabel

    try:
        shape = nibabel.load(path).shape
    except Exception as error:  # nibabel's own
        raise BrokenScanError(f"cannot be read ({error})") from error
    return int(shape[3]) if len(shape) > 3 else 1


def _mm_of_unit(code: int) -> float:
    if code not in _MM_OF_UNIT:
        raise BrokenScanError(f"unit of length {code}, which NIfTI does not define")
    return _MM_OF_UNIT[code]


def _header_as_written(path: Path, kind: Any) -> Any:
    """The header before nibabel mends it: a voxel size of 0 becomes 1 there."""
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
        return kind.from_fileobj(stream, check=False)


def _read_voxels(image: Any) -> NDArray[Any]:
    """All voxels; a gzip stream is read past them, since its checksum stands at its end."""
    from nibabel import FileHolder

    names = {key: Path(holder.filename) for key, holder in image.file_map.items()}
    if not any(name.suffix.lower() == ".gz" for name in names.values()):
        return np.asanyarray(image.dataobj)
    with ExitStack() as stack:
        streams = {key: stack.enter_context(gzip.open(name)) for key, name in names.items()}
        holders = {key: FileHolder(fileobj=stream) for key, stream in streams.items()}
        array = np.asanyarray(type(image).from_file_map(holders).dataobj)
        for stream in streams.values():
            while stream.read(CHUNK):
                pass
    return array
