"""Compressed MetaImage and NRRD voxels: which are, and their checksums, which ITK passes over."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO

from ..files import CHUNK
from .formats import METAIMAGE, fields_of, files_of, start_of_voxels, suffix_of
from .scan import BrokenScanError

_EITHER_HEADER = 47  # zlib's word for: gzip or zlib, whichever the stream begins with


def check_packed(path: Path) -> None:
    """Read the compressed voxels of a scan to the end of their stream, where its checksum is.

    Args:
        path: MetaImage or NRRD header; files that are not compressed pass.

    Raises:
        BrokenScanError: the stream ends too early.
        zlib.error: it is damaged.
    """
    fields = fields_of(path)
    if suffix_of(path).lower() in METAIMAGE:
        packed = fields.get("compresseddata", "").lower() == "true"
    else:
        moved = any(fields.get(f"{what} skip", "0") != "0" for what in ("byte", "line"))
        packed = fields.get("encoding", "").lower() in ("gzip", "gz") and not moved
    if not packed:
        return
    for file in files_of(path)[1:] or (path,):
        with file.open("rb") as stream:
            stream.seek(start_of_voxels(path) if file == path else 0)
            _read_to_end(stream)


def is_raw(path: Path) -> bool:
    """Whether the voxels of a MetaImage or NRRD file take as many bytes there as in memory."""
    fields = fields_of(path)
    if suffix_of(path).lower() in METAIMAGE:
        packed = fields.get("compresseddata", "").lower() == "true"
        return not packed and fields.get("binarydata", "true").lower() == "true"
    return fields.get("encoding", "").lower() == "raw"


def _read_to_end(stream: BinaryIO) -> None:
    packed = zlib.decompressobj(wbits=_EITHER_HEADER)
    while not packed.eof:
        piece = packed.unconsumed_tail or stream.read(CHUNK)
        if not packed.decompress(piece, CHUNK) and not piece:
            raise BrokenScanError("cannot be read: its compressed voxels end too early")
