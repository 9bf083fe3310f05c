"""Pixel bodies that end too early: GDCM fills up what is missing with whatever memory holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..scan import BrokenScanError

_UNDEFINED = 0xFFFFFFFF
_END = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000 alike
_PADDING = b"\0\xff"  # which writers put behind it, to an even length
_WITH_END = "1.2.840.10008.1.2.4."
_FILMS = 100  # from here to 199 the numbers of that branch are video


def check_body(path: Path) -> None:
    """Refuse uncompressed pixels that are too few, and compressed ones without an end mark.

    Args:
        path: file that GDCM is to decode.

    Raises:
        BrokenScanError: its pixels were cut off, or anything else in it.
    """
    from pydicom import dcmread

    d = dcmread(path, force=True)
    _check_lengths(d, path)
    pixels = d.get("PixelData")
    if not pixels:
        return
    syntax = str(d.file_meta.get("TransferSyntaxUID", ""))
    if d["PixelData"].is_undefined_length:
        if syntax.startswith(_WITH_END) and not _is_film(syntax):
            _check_ends(path, pixels, int(d.get("NumberOfFrames") or 1))
        return
    count = int(d.get("NumberOfFrames") or 1) * int(d.get("SamplesPerPixel") or 1)
    announced = count * int(d.Rows) * int(d.Columns) * int(d.BitsAllocated) // 8
    if len(pixels) < announced:
        raise BrokenScanError(
            f"cannot be read: {path.name} holds {len(pixels):,} bytes of pixels, its header "
            f"announces {announced:,}"
        )


def _check_lengths(d: Any, path: Path) -> None:
    """Refuse an element that is cut off: GDCM takes memory for all that it announces."""
    for tag in d.keys():  # noqa: SIM118 (a data set iterates over its elements, and decodes them)
        element = d.get_item(tag)
        length, value = getattr(element, "length", None), getattr(element, "value", None)
        if isinstance(value, bytes) and length not in (len(value), _UNDEFINED):
            raise BrokenScanError(
                f"cannot be read: {path.name} ends within {tag}, {len(value):,} of {length:,} bytes"
            )


def _is_film(syntax: str) -> bool:
    return _FILMS <= int(syntax.removeprefix(_WITH_END).split(".")[0]) < 2 * _FILMS


def _check_ends(path: Path, pixels: bytes, count: int) -> None:
    from pydicom.encaps import generate_frames

    try:
        frames = list(generate_frames(pixels, number_of_frames=count))
    except ValueError as error:
        raise BrokenScanError(f"cannot be read: the pixels of {path.name}: {error}") from error
    if not all(frame.rstrip(_PADDING).endswith(_END) for frame in frames):
        raise BrokenScanError(
            f"cannot be read: the pixels of {path.name} end before their end mark"
        )
