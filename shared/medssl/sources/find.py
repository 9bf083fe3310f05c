"""Finding scans on disk."""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserError
from ..paths import legible, misread
from .dicom.objects import DicomFile, examine
from .formats import ACCEPTED, DICOM_NAMES, NIFTI, NOT_READ, PACKED, SUFFIXES, files_of, suffix_of
from .scan import Source

_NO_SERIES = "no-series-uid"


@dataclass
class Found:
    """What lies below a folder: its scans by name, and a line for each kind of what is none."""

    sources: list[Source] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def find_sources(folder: Path) -> list[Source]:
    """All scans below ``folder``, sorted by name; what looks like one and is none is printed."""
    found = survey(folder)
    for line in found.left_out:
        print(f"medssl: {line}", file=sys.stderr)
    return found.sources


def survey(folder: Path) -> Found:
    """All scans below ``folder``, and what was left out.

    Hidden files and folders are passed over, linked folders followed, each real folder once.

    Raises:
        UserError: this machine's locale reads no name that has other letters than ASCII. A single
            name that is not in UTF-8 is the reader's to refuse.
    """
    found = Found()
    for place, names in _folders(folder, found.left_out):
        paths = [place / name for name in sorted(names) if not name.startswith(".")]
        for path in paths:
            if suffix_of(path):
                found.sources.append(Source(_name(path, folder), path, files_of(path)))
        _add_dicom([path for path in paths if not suffix_of(path)], place, folder, found)
        for path in paths:
            if _is_not_read(path):
                found.left_out.append(f"{_name(path, folder)}: not read; expected {ACCEPTED}")
    places = (str(source.path) for source in found.sources)
    if sys.getfilesystemencoding() != "utf-8" and (reason := misread(places)):
        raise UserError(f"{folder}: {reason}")
    found.sources.sort(key=lambda source: source.name)
    found.left_out += _series_in_parts(found.sources)
    return found


def source_of(path: Path) -> Source:
    """The scan at one path: a file, a folder with one DICOM series, or ``folder#series UID``.

    ``file#1`` is the second volume of a four-dimensional NIfTI.

    Raises:
        UserError: no scan there, several, or a file of a kind that is not accepted.
    """
    try:
        is_file = path.is_file()
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror})") from error
    if suffix_of(path) and (is_file or path.is_symlink()):  # a link to nothing is refused by name
        return Source(str(path), path, files_of(path))
    whole, _, number = str(path).rpartition("#")
    if number.isdigit() and suffix_of(Path(whole)).lower() in NIFTI and Path(whole).is_file():
        file = Path(whole)
        return Source(str(path), file, files_of(file), channel=int(number))
    found = Found()
    if is_file:
        _add_dicom([path], path.parent, path.parent, found)
    folder, _, series = (str(path), "", "") if path.exists() else str(path).rpartition("#")
    if folder and Path(folder).is_dir():
        files = sorted(p for p in Path(folder).iterdir() if not p.name.startswith("."))
        _add_dicom([p for p in files if not suffix_of(p)], Path(folder), Path(folder), found)
    hits = [source for source in found.sources if series in ("", source.series)]
    names = ", ".join(f"#{source.series}" for source in found.sources)
    if len(hits) > 1:
        raise UserError(f"{path}: {len(hits)} series in it; add one of {names} to the path")
    if series and found.sources and not hits:
        raise UserError(f"{path}: no such series; put one of {names} behind the folder")
    if not hits:
        why = f" ({found.left_out[0]})" if found.left_out else ""
        kinds = ", ".join(SUFFIXES)
        raise UserError(f"{path}: expected a file, one of {kinds}, or a DICOM series{why}")
    return Source(str(path), hits[0].path, hits[0].files, hits[0].series)


def _folders(top: Path, closed: list[str]) -> Iterator[tuple[Path, list[str]]]:
    """Every real folder once, with its files: first those that lie below ``top``, then linked.

    A line for each folder that cannot be opened is added to ``closed``.
    """

    def note(error: OSError) -> None:
        closed.append(f"{error.filename}: cannot be opened ({error.strerror}); left out")

    seen: set[str] = set()
    waiting = [top]
    while waiting:
        links = []
        for root, folders, names in os.walk(waiting.pop(0), onerror=note):
            real = os.path.realpath(root)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if real in seen:
                folders[:] = []
                continue
            seen.add(real)
            yield Path(root), names
            links += [Path(root) / name for name in folders if (Path(root) / name).is_symlink()]
        waiting += links


def _add_dicom(paths: list[Path], place: Path, top: Path, found: Found) -> None:
    """Group the DICOM files of one folder by series."""
    series: dict[str, list[Path]] = defaultdict(list)
    others: dict[str, list[DicomFile]] = defaultdict(list)
    for path in paths:
        if (file := examine(path) or _packed_or_empty(path)) is None:
            continue
        if file.left_out:
            others[file.left_out].append(file)
        else:
            series[file.series or _NO_SERIES].append(path)
    where = _name(place, top)
    for uid, files in series.items():
        name = where if len(series) == 1 else f"{where}#{uid}"
        found.sources.append(Source(uid if where == "." else name, place, tuple(files), uid))
    for kind, files_left in others.items():
        first = _name(files_left[0].path, top)
        more = f" and {len(files_left) - 1} more in its folder" if len(files_left) > 1 else ""
        found.left_out.append(f"{first}{more}: {kind}, no scan; left out")


def _packed_or_empty(path: Path) -> DicomFile | None:
    """A file that is no DICOM, though its name promises scans."""
    if PACKED.search(path.name):
        return DicomFile(path, "", "packed (unpack it first)")
    if path.name.lower().endswith(DICOM_NAMES):
        return DicomFile(path, "", "empty or no DICOM")
    return None


def _series_in_parts(sources: list[Source]) -> list[str]:
    """A line for each series that lies in several folders: parts of one scan, or copies."""
    places = defaultdict(list)
    for source in sources:
        if source.series not in ("", _NO_SERIES):
            places[source.series].append(source.name)
    return [
        f"{names[0]} and {names[1]}: one series UID in {len(names)} folders, each taken for a "
        "scan of its own; put the parts of a scan into one folder, remove copies"
        for names in places.values()
        if len(names) > 1
    ]


def _is_not_read(path: Path) -> bool:
    """Whether a file is of an image format that is not read, or one half of a pair alone."""
    name = path.name.lower()
    alone = name.endswith((".img", ".img.gz")) and not any(
        path.with_name(re.sub("img(.gz)?$", other, path.name, flags=re.IGNORECASE)).exists()
        for other in ("hdr", "HDR", "hdr.gz")
    )
    return name.endswith(NOT_READ) or (alone and examine(path) is None)


def _name(path: Path, top: Path) -> str:
    return legible(path.relative_to(top).as_posix())
