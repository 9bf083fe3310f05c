"""Checksums of a stored volume, so that one flipped bit is noticed before it is learnt from.

A volume is a Blosc2 frame, which has no checksums, and behind it a seal: the CRC-32 of each chunk
of voxels, one of everything else (header, index, attributes), and one of the seal itself. Blosc2
reads a frame by the length in its header and passes over what follows. The format of a frame is
described in Blosc2's README_CFRAME_FORMAT.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"medsslCK"
_HEAD_BYTES = 87  # of a frame's header that is always there
_KEPT = 16384  # seals in one process, about 5 kB each


class DamagedError(ValueError):
    """The bytes are not those that were written; the message says which part."""


class Seal:
    """The checksums of one file, read from its end; what lies outside of the voxels is checked.

    Args:
        path: a sealed volume.

    Raises:
        DamagedError: cut short, of another kind, or header, index, attributes or seal are changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as stream:
            length = _frame_length(stream)
            stream.seek(length)
            self._crcs = _unpack(stream.read())
            header, end, rest = _rest(stream, length)
        # Before the index is unpacked: its own header says how much memory that takes.
        if self._crcs[-1:] != (zlib.crc32(rest),):
            raise DamagedError("checksum of its header differs")
        self._spans = _spans(rest[header:], header, end)
        if len(self._crcs) != len(self._spans) + 1:
            raise DamagedError("checksum of its header differs")
        self._good = self._spans[:, 1] == 0
        self._open = int(np.count_nonzero(~self._good))

    def check(self, chunks: Iterable[int] | None = None) -> None:
        """Compare chunks with their checksums, each once.

        Args:
            chunks: their numbers in C order; None for all.

        Raises:
            DamagedError: one of them is changed.
        """
        if not self._open:
            return
        wanted = range(len(self._spans)) if chunks is None else chunks
        todo = [number for number in wanted if not self._good[number]]
        if not todo:
            return
        with self.path.open("rb", buffering=0) as stream:
            for number in todo:
                start, length = self._spans[number]
                stream.seek(start)
                if zlib.crc32(stream.read(length)) != self._crcs[number]:
                    raise DamagedError(f"checksum of chunk {number} differs")
                self._good[number] = True
                self._open -= 1


def seal_of(path: Path) -> Seal:
    """The seal that this process has of a file, with what it checked already.

    It is kept when the file is closed, and forgotten when the file is replaced.
    """
    stat = path.stat()
    return _kept(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=_KEPT)
def _kept(path: Path, *_version: int) -> Seal:
    return Seal(path)


def is_sealed(path: Path) -> bool:
    """Whether anything follows the frame; False for volumes of earlier formats.

    Raises:
        DamagedError: cut short, or no Blosc2 frame.
    """
    with path.open("rb") as stream:
        return _frame_length(stream) != path.stat().st_size


def append_seal(path: Path) -> None:
    """Append the checksums to a frame that has just been written."""
    with path.open("r+b") as stream:
        length = _frame_length(stream)
        header, end, rest = _rest(stream, length)
        crcs = []
        for start, size in _spans(rest[header:], header, end):
            stream.seek(start)
            crcs.append(zlib.crc32(stream.read(size)))
        crcs.append(zlib.crc32(rest))
        body = _MAGIC + struct.pack(f"<{len(crcs)}I", *crcs)
        stream.seek(length)
        stream.write(body + struct.pack("<I", zlib.crc32(body)))


def _unpack(seal: bytes) -> tuple[int, ...]:
    body, last = seal[:-4], seal[-4:]
    if not seal.startswith(_MAGIC) or len(seal) % 4 or struct.pack("<I", zlib.crc32(body)) != last:
        raise DamagedError("cut short, or its checksums are damaged")
    return struct.unpack(f"<{(len(body) - len(_MAGIC)) // 4}I", body[len(_MAGIC) :])


def _frame_length(stream: BinaryIO) -> int:
    """Bytes of the frame: named in bytes 2-8, length in bytes 16-23, big endian."""
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    size = stream.seek(0, 2)
    length = int.from_bytes(head[16:24], "big")
    if head[2:9] != b"b2frame" or len(head) < _HEAD_BYTES or not _HEAD_BYTES <= length <= size:
        raise DamagedError("cut short or of another kind")
    return length


def _rest(stream: BinaryIO, length: int) -> tuple[int, int, bytes]:
    """Where the chunks begin and end, and the bytes of all but them: header, index, attributes."""
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    header = int.from_bytes(head[11:15], "big")
    end = header + int.from_bytes(head[39:47], "big")
    if not 0 < header <= end <= length:
        raise DamagedError("checksum of its header differs")
    stream.seek(0)
    front = stream.read(header)
    stream.seek(end)
    return header, end, front + stream.read(length - end)


def _spans(packed: bytes, header: int, end: int) -> NDArray[np.int64]:
    """Start and length ``(chunks, 2)`` of each chunk, which ends where the next in the file begins.

    A chunk of one repeated value is written into the index alone; its length here is 0.

    Args:
        packed: the index, and what follows it.
        header: where the chunks begin.
        end: where the last of them ends.
    """
    import blosc2

    try:
        index = np.frombuffer(blosc2.decompress2(packed), dtype=np.int64)
    except (RuntimeError, ValueError, TypeError) as error:
        raise DamagedError("its index cannot be read") from error
    starts = np.sort(index[index >= 0])
    ends = np.append(starts[1:], end - header)
    found = np.full((len(index), 2), (header, 0))
    for start, stop in zip(starts, ends[: len(starts)], strict=True):
        found[index == start] = header + start, stop - start
    return found
