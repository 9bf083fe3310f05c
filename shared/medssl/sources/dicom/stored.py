"""How the pixels of an object are stored: bits, sign, what is padding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..scan import BrokenScanError


def check_stored(head: Any, path: Path) -> None:
    """Refuse bits that GDCM would read without a word, but not as they are meant.

    Raises:
        BrokenScanError: they are not the lowest of 8, 16 or 32.
    """
    allocated, bits = (int(need(head, f"Bits{word}", path)) for word in ("Allocated", "Stored"))
    if allocated not in (8, 16, 32) or not 0 < bits <= allocated:
        raise BrokenScanError(f"{bits} of {allocated} bits are stored in {path.name}")
    if int(need(head, "HighBit", path)) != bits - 1:
        raise BrokenScanError(f"HighBit is not BitsStored - 1 in {path.name}")


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
