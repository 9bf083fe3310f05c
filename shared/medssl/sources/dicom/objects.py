"""Which files are DICOM, which series they belong to, and which objects are no scans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CT = {
    "1.2.840.10008.5.1.4.1.1.2",  # one slice a file
    "1.2.840.10008.5.1.4.1.1.2.1",  # enhanced: many slices in a file
    "1.2.840.10008.5.1.4.1.1.2.2",  # enhanced, converted from single slices
}
# Slices of other machines: scans, though no CT; reading them refuses them by name.
OTHER_SCANS = {
    "1.2.840.10008.5.1.4.1.1.4",  # MR
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.4.4",
    "1.2.840.10008.5.1.4.1.1.20",  # nuclear medicine
    "1.2.840.10008.5.1.4.1.1.128",  # PET
    "1.2.840.10008.5.1.4.1.1.128.1",
    "1.2.840.10008.5.1.4.1.1.130",
}
_DIRECTORY = "1.2.840.10008.1.3.10"
_PREAMBLE = 128
_COLUMNS = 0x00280011
# First element of a file without preamble: group 2 or 8 in either byte order, then a two-letter
# type or, in implicit syntax, a short length.
_BARE = re.compile(
    rb"(?:[\x02\x08]\x00.{2}(?:[A-Z]{2}|.\x00\x00\x00)|\x00\x08.{2}[A-Z]{2})", re.DOTALL
)


@dataclass(frozen=True)
class DicomFile:
    """A DICOM file: its series, and why it is left out (empty if it is a slice of a scan)."""

    path: Path
    series: str
    left_out: str = ""


def examine(path: Path) -> DicomFile | None:
    """Tell what a file is from the first tags; None if it is not DICOM, or an index of files."""
    from pydicom.filereader import read_partial

    try:
        start = _start_of(path)
        marked = start[_PREAMBLE:] == b"DICM"
        if not marked and _BARE.match(start) is None:
            return None
        with path.open("rb") as stream:
            head = read_partial(stream, lambda tag, *_: tag > _COLUMNS, force=True)
        kind = str(head.get("SOPClassUID", head.file_meta.get("MediaStorageSOPClassUID", "")))
        series = str(head.get("SeriesInstanceUID", ""))
        reason = _why_left_out(head, kind)
    except OSError as error:
        return DicomFile(path, "", f"cannot be opened ({error.strerror})")
    except Exception as error:  # whatever pydicom meets in a damaged file
        line = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        return DicomFile(path, "", f"damaged DICOM ({line})")
    known = marked or kind or series  # else it only begins like DICOM
    return DicomFile(path, series, reason) if known and kind != _DIRECTORY else None


def _why_left_out(head: object, kind: str) -> str:
    from pydicom.uid import UID

    get = head.get  # type: ignore[attr-defined]
    if kind not in CT | OTHER_SCANS:
        return f"{UID(kind).name or 'an object without SOPClassUID'}"
    if int(get("SamplesPerPixel", 1) or 1) != 1:
        return "an image in colours"
    if "LOCALIZER" in [str(value).upper() for value in get("ImageType", None) or []]:
        return "a localizer"
    return ""


def _start_of(path: Path) -> bytes:
    """The first bytes of a file; none of a pipe, which would wait for ever."""
    if path.exists() and not path.is_file():
        return b""
    with path.open("rb") as stream:
        return stream.read(_PREAMBLE + 4)
