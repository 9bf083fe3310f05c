"""File names of the formats that are read, and the files that a header names."""

from __future__ import annotations

import re
from pathlib import Path

NIFTI = (".nii", ".nii.gz", ".hdr", ".hdr.gz")
METAIMAGE = (".mhd", ".mha")
NRRD = (".nrrd", ".nhdr")
SUFFIXES = NIFTI + METAIMAGE + NRRD
ACCEPTED = ", ".join(SUFFIXES) + " or DICOM series"
NOT_READ = (".nii.bz2", ".nii.zst", ".mgh", ".mgz", ".mnc", ".gipl", ".gipl.gz", ".nia", ".vti")
# What may hold scans once it is unpacked.
PACKED = re.compile(
    r"\.(dcm|ima|dicom|mh[ad]|nrrd|nhdr)\.(gz|bz2|xz|zst|z)$"
    r"|\.(zip|7z|rar|tgz|tbz2?|txz|tar(\.\w+)?)$",
    re.IGNORECASE,
)
DICOM_NAMES = (".dcm", ".dicom", ".ima")
_HEADER_BYTES = 1 << 16
_FIELD = re.compile(r"\s*([A-Za-z][\w ]*?)\s*(?:=|:(?!=))\s*(.*?)\s*$")
_VOXELS_ELSEWHERE = re.compile(
    rb"^[ \t]*(?:ElementDataFile[ \t]*=|data ?file:)[ \t]*(\S[^\r\n]*?)[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)


def suffix_of(path: Path) -> str:
    """The accepted suffix of a file name, in its own spelling, or the empty string."""
    name = path.name.lower()
    length = max((len(suffix) for suffix in SUFFIXES if name.endswith(suffix)), default=0)
    return path.name[len(path.name) - length :]


def files_of(path: Path) -> tuple[Path, ...]:
    """A scan's file and the files that hold its voxels where these lie beside it."""
    suffix = suffix_of(path)
    if suffix.lower().startswith(".hdr"):
        voxels = suffix.replace("hdr", "img").replace("HDR", "IMG")
        return path, path.with_name(path.name[: -len(suffix)] + voxels)
    if suffix.lower() in METAIMAGE + NRRD:
        return path, *_detached(path)
    return (path,)


def _detached(path: Path) -> list[Path]:
    """Voxel files that a MetaImage or NRRD header names: one, a list of them, or a pattern."""
    try:
        with path.open("rb") as stream:
            text = _text_of(stream.read(_HEADER_BYTES))
    except OSError:
        return []
    hit = _VOXELS_ELSEWHERE.search(text)
    if hit is None or hit[1].upper() == b"LOCAL":
        return []
    named = hit[1].decode("utf-8", "replace")
    if named.split()[0].upper() == "LIST":
        names = text[hit.end() :].decode("utf-8", "replace").split("\n")
        return [path.parent / name.strip() for name in names if name.strip()]
    pattern = re.fullmatch(r"(.*%0?\d*d.*?)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(?:\s+\d+)?", named)
    if pattern is None:
        return [path.parent / named]
    first, last, step = (int(pattern[n]) for n in (2, 3, 4))
    numbers = range(first, last + (1 if step > 0 else -1), step) if step else []
    return [path.parent / (pattern[1] % number) for number in numbers]


def _text_of(content: bytes) -> bytes:
    """The header alone, without the voxels that may follow it."""
    if content.startswith(b"NRRD"):
        return re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    local = re.search(rb"^\s*ElementDataFile\s*=\s*LOCAL[ \t]*\r?$", content, re.MULTILINE)
    return content[: local.end()] if local else content


def start_of_voxels(path: Path) -> int:
    """Bytes before the voxels that follow their MetaImage or NRRD header in one file."""
    with path.open("rb") as stream:
        content = stream.read(_HEADER_BYTES)
    end = len(_text_of(content))
    gap = re.match(rb"(?:\r?\n){2}" if content.startswith(b"NRRD") else rb"\r?\n", content[end:])
    return end + (gap.end() if gap else 0)


def fields_of(path: Path) -> dict[str, str]:
    """The fields of a MetaImage or NRRD header, their names in lower case."""
    with path.open("rb") as stream:
        text = _text_of(stream.read(_HEADER_BYTES)).decode("utf-8", "replace")
    pairs = (_FIELD.match(line) for line in text.split("\n"))
    return {pair[1].lower(): pair[2] for pair in pairs if pair}
