"""How the pixels of an object are stored: bits, sign, padding, and how many bytes there are."""

from __future__ import annotations

import struct
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

from ..scan import BrokenScanError

_PIXEL_DATA = 0x7FE00010
_NO_LENGTH = 0xFFFFFFFF  # compressed frames, each with a length of its own
_PLAIN = (
    "1.2.840.10008.1.2",  # implicit, little endian
    "1.2.840.10008.1.2.1",  # explicit, little endian
    "1.2.840.10008.1.2.2",  # explicit, big endian
)


def check_stored(head: Any, stream: BinaryIO, path: Path) -> None:
    """Refuse pixels that GDCM would read without a word, but not as they are meant.

    Args:
        head: tags before the pixels.
        stream: the file, at the tag of its pixels, where pydicom stops.
        path: its name, for messages.

    Raises:
        BrokenScanError: bits in another order than one number a pixel has them, or fewer bytes
            than rows and columns need; GDCM leaves what is missing to chance.
    """
    allocated, bits = (int(need(head, f"Bits{word}", path)) for word in ("Allocated", "Stored"))
    if allocated not in (8, 16, 32) or not 0 < bits <= allocated:
        raise BrokenScanError(f"{bits} of {allocated} bits are stored in {path.name}")
    if int(need(head, "HighBit", path)) != bits - 1:
        raise BrokenScanError(f"HighBit is not BitsStored - 1 in {path.name}")
    length = _plain_length(head, stream)
    pixels = int(need(head, "Rows", path)) * int(need(head, "Columns", path))
    count = int(head.get("NumberOfFrames") or 1) * pixels * allocated // 8
    if length is not None and length < count:
        raise BrokenScanError(f"{length:,} bytes of pixels in {path.name}, expected {count:,}")


def _plain_length(head: Any, stream: BinaryIO) -> int | None:
    """Bytes of pixels that follow; None where they are compressed, or not what follows."""
    meta = getattr(head, "file_meta", {})
    if str(meta.get("TransferSyntaxUID", _PLAIN[0])) not in _PLAIN:
        return None
    implicit, little = head.original_encoding
    order = "<" if little else ">"
    begin = stream.tell()
    beginning = stream.read(12)
    if len(beginning) < 12:
        return None
    group, element = struct.unpack(f"{order}HH", beginning[:4])
    if (group << 16 | element) != _PIXEL_DATA:
        return None
    (length,) = struct.unpack(f"{order}I", beginning[4:8] if implicit else beginning[8:])
    rest = stream.seek(0, SEEK_END) - begin - (8 if implicit else 12)
    return None if length == _NO_LENGTH else min(int(length), rest)


def mirror_of(head: Any, path: Path) -> int | None:
    """Of MONOCHROME1, what a stored value and its negative add up to; else None.

    Raises:
        BrokenScanError: not one grey value a pixel.
    """
    kind = str(need(head, "PhotometricInterpretation", path)).strip()
    if kind not in ("MONOCHROME1", "MONOCHROME2"):
        raise BrokenScanError(f"{kind} image, expected one grey value a pixel ({path.name})")
    if kind == "MONOCHROME2":
        return None
    signed = int(need(head, "PixelRepresentation", path)) == 1
    return -1 if signed else 2 ** int(head.BitsStored) - 1


def padding_of(head: Any) -> int | None:
    """PixelPaddingValue as the pixels hold it; writers confuse its sign. None if not given."""
    value = head.get("PixelPaddingValue")
    if not isinstance(value, int):
        return None
    span = 2 ** int(head.BitsStored)
    value %= span
    signed = int(head.get("PixelRepresentation") or 0) == 1
    return value - span if signed and value >= span // 2 else value


def need(values: Any, keyword: str, path: Path) -> Any:
    """A tag's value.

    Raises:
        BrokenScanError: it is missing or empty.
    """
    value = values.get(keyword)
    if value is None or (hasattr(value, "__len__") and len(value) == 0):
        raise BrokenScanError(f"{keyword} is missing in {path.name}")
    return value
