"""Which files are cases: ids from glob patterns, labels joined to images, patients."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..store.joined import CASE
from .globs import translate
from .readers import ACCEPTED, Source, find_sources

_SHOWN = 5
# File names hold 255 bytes; suffixes, temporary names and what results are called come on top.
_LONGEST_ID, _KEPT, _HASH = 160, 70, 12
_UNSAFE = re.compile(r'[<>:"/\\|?*#\s]+')


@dataclass(frozen=True)
class Case:
    """One scan to prepare.

    Attributes:
        id: names its files.
        image: the scan.
        label: its label map, if it has one.
        patient: if known; else the DICOM header's, else the id.
        patient_from: who says so: ``table`` that the user gave, ``publisher`` of the data set,
            DICOM ``header`` or file ``name``. ``name`` without a patient: names are to decide.
        split: where the data set's publisher put it; None: by a hash of the patient. A name that is
            no split (``unused``) leaves it in the manifest and out of the data list.
        facts: what else the data list says of it, such as the subset or the series UID.
        channels: all of its scans, in order, where it has several; ``image`` is the first one.
        fault: why it cannot be used, where that is known before it is read.
    """

    id: str
    image: Source
    label: Source | None = None
    patient: str | None = None
    split: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    patient_from: str = "table"
    channels: tuple[Source, ...] = ()
    fault: str = ""

    @property
    def whole(self) -> str:
        """Id of the case that this one is a channel of, or its own."""
        return str(self.facts.get(CASE, self.id))


def find_cases(folder: Path, images: str | None = None, labels: str | None = None) -> list[Case]:
    """List the cases below ``folder``, sorted by id.

    Args:
        folder: searched recursively.
        images: glob pattern of the images, relative to ``folder`` (``*`` stays inside one folder
            name, ``**`` crosses them); what the last ``*`` matched is the case's id. Default: every
            scan, its relative path being the id.
        labels: the same for label maps; a label belongs to the image of equal id.

    Raises:
        UserError: no folder, nothing found, two images of one id or of ids that differ only in
            letter case, or labels without image.
    """
    sources = sources_below(folder)
    label_of = {} if labels is None else _match(sources, labels, "labels")
    label_names = {source.name for source in label_of.values()}
    rest = [source for source in sources if source.name not in label_names]
    if images is None:
        image_of = _by_id(((safe_id(source.stem), source) for source in rest), "images")
    else:
        image_of = _match(rest, images, "images")
    check_ids(image_of)
    _check_patterns(folder, images, labels, image_of, label_of)
    return [Case(name, source, label_of.get(name)) for name, source in sorted(image_of.items())]


def sources_below(folder: Path) -> list[Source]:
    """All scans below ``folder``, sorted by name.

    Raises:
        UserError: no folder, or no scan in it.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give the folder that holds the scans")
    sources = find_sources(folder)
    if not sources:
        raise UserError(f"{folder}: no scan in it; expected {ACCEPTED}")
    return sources


def read_patients(path: Path) -> dict[str, str]:
    """Read a CSV file with the columns ``id`` and ``patient``.

    Raises:
        UserError: no such file, no text, a column is missing, a row has other cells than the
            columns or empty ones, or an id has two patients.
    """
    if not path.is_file():
        raise UserError(f"patients: {path} is no file; give a CSV with the columns id,patient")
    patients: dict[str, str] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns = reader.fieldnames or ()
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"patients: {path} is not readable ({error}); save it as CSV UTF-8"
        ) from error
    if not {"id", "patient"} <= set(columns):
        raise UserError(f"patients: {path} has {columns}, expected id,patient")
    for line, row in rows:
        if None in row or not (row["id"] and row["patient"]):
            raise UserError(
                f"patients: {path}: line {line}: expected {len(columns)} cells; mend it"
            )
        if patients.setdefault(row["id"], row["patient"]) != row["patient"]:
            raise UserError(f"patients: {path} gives {row['id']} two patients; keep one row")
    return patients


def check_patients(patients: Mapping[str, str], cases: Sequence[Case]) -> None:
    """Refuse a patients table that knows none of the cases' ids, or ids that are no case.

    Raises:
        UserError: some ids of the table are no case.
    """
    known = {case.id for case in cases}
    strangers = [name for name in patients if name not in known]
    if strangers:
        raise UserError(
            f"patients: ids {some(strangers)} are no case; the ids here are {some(sorted(known))}"
        )


def _match(sources: Iterable[Source], pattern: str, key: str) -> dict[str, Source]:
    if "*" not in pattern:
        raise UserError(f"{key}: {pattern!r} has no *; what the last * matches is the case's id")
    rule = translate(pattern)
    found = ((rule.fullmatch(source.name), source) for source in sources)
    return _by_id(((safe_id(hit["id"]), source) for hit, source in found if hit), key)


def _by_id(named: Iterable[tuple[str, Source]], key: str) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for name, source in named:
        other = found.setdefault(name, source)
        if other is not source:
            raise UserError(
                f"{key}: {other.name} and {source.name} both have the id {name!r}; choose a "
                "pattern whose last * differs between them"
            )
    return found


def _check_patterns(
    folder: Path,
    images: str | None,
    labels: str | None,
    image_of: Mapping[str, Source],
    label_of: Mapping[str, Source],
) -> None:
    for key, pattern, found in (("images", images, image_of), ("labels", labels, label_of)):
        if pattern is not None and not found:
            raise UserError(f"{key}: nothing in {folder} matches {pattern!r}; expected {ACCEPTED}")
    orphans = [source.name for name, source in label_of.items() if name not in image_of]
    if orphans:
        raise UserError(
            f"labels: no image has the id of {some(orphans)}; images have ids like "
            f"{some(sorted(image_of), 2)}: make the last * of both patterns match the same text"
        )


def check_ids(image_of: Mapping[str, Source]) -> None:
    """Refuse ids that are no file name, or one file name for some file systems."""
    alike: dict[str, str] = {}
    for name, source in image_of.items():
        if not name:
            raise UserError(
                f"images: the last * matches nothing in {source.name}; choose a pattern in which "
                "it stands for the case"
            )
        other = alike.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise UserError(
                f"images: the ids {other} and {name} differ only in the case or the encoding of "
                "their letters, which not every file system tells apart; rename one of the files"
            )


def safe_id(name: str) -> str:
    """A case id that is a file name on every system; long ones get a hash for their middle."""
    name = _UNSAFE.sub("__", name.strip("/"))
    content = name.encode()
    if len(content) <= _LONGEST_ID:
        return name
    start, end = content[:_KEPT].decode(errors="ignore"), content[-_KEPT:].decode(errors="ignore")
    return f"{start}~{hashlib.sha256(content).hexdigest()[:_HASH]}~{end}"


def some(names: Sequence[str], count: int = _SHOWN) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more
