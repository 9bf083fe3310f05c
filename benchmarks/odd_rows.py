"""The page of odd scans: its rows, which lie beside it as JSON, and its text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from measured import made_now, when_measured
from odd_cases import SCANS, SECTIONS

ROWS = Path(__file__).resolve().parents[1] / "docs" / "reliability.json"
PAGE = ROWS.with_suffix(".md")
HEAD = """# Reliability: odd scans and what becomes of them

Made by `make reliability`; the rows lie beside as `reliability.json`, and the tests compare them
with what the code does. Every case is a small scan with a ball of 700 HU and 12 mm radius at a
known place. Preparation (at 1 mm) and inference (`liver_ct_segmentation`, its network replaced by a
threshold at 325 HU) use one reader: they take and refuse the same, for the same reason. Read scans
show how far the ball lies off its place and what its volume is off by; of a mask, off that of the
scan's own voxels above 325 HU.

What no check can see: a changed byte in the voxels of a file without checksum (uncompressed NIfTI,
MetaImage, NRRD, and DICOM), a wrong number that is plausible, in such a header or alike in all
slices of a series (PixelSpacing 1.0 for 1.5, RescaleSlope 0.5 for 1, another sform), slices missing
at the ends, and every second slice missing throughout. Where sform, qform and pixdim of a NIfTI
file disagree, sform is taken.

DICOM has no checksum of its pixels. Bodies that are cut off are refused, whatever their coding. Of
single changed bits, JPEG-LS tells most, and the slice is refused; an uncompressed or RLE body then
holds a few wrong pixels, and lossless JPEG and JPEG 2000 may hold a slice that is wrong from there
on, without a word. Compare the files with the checksums of where they come from, if it gives any.
"""
_FIGURES = re.compile(r"(\d+\.\d\d) mm, ([+-]\d+\.\d) %")
# Two roundings, and what another processor or library makes of the last bits.
_OFF_MM, _SHARE = 0.02, 0.2
# Libraries change their words from version to version.
_BY_LIBRARY = "refused: cannot be read:"


@dataclass
class Row:
    """What became of one scan, in preparation and in inference.

    Attributes:
        case: name in odd_cases.py.
        scan: name of the scan below the case's folder.
        preparation: how far the ball is off, or why the scan is refused.
        inference: the same.
        left_out: what was said of the files beside it.
    """

    case: str
    scan: str
    preparation: str = ""
    inference: str = ""
    left_out: list[str] = field(default_factory=list)


def figures(off_mm: float, share: float) -> str:
    """How far off the ball lies, and the share by which its volume is wrong, as the page has it."""
    percent = round(100 * share, 1) + 0.0  # never -0.0
    return f"{off_mm:.2f} mm, {percent:+.1f} %"


def agree(written: str, now: str) -> bool:
    """Whether two entries say the same, but for the last digit and a library's words."""
    if written.startswith(_BY_LIBRARY) and now.startswith(_BY_LIBRARY):
        return True
    pairs = _FIGURES.fullmatch(written), _FIGURES.fullmatch(now)
    if pairs[0] is None or pairs[1] is None:
        return written == now
    (off, share), (other_off, other_share) = ((float(p[1]), float(p[2])) for p in pairs if p)
    return abs(off - other_off) <= _OFF_MM and abs(share - other_share) <= _SHARE


def in_place(entry: str) -> bool:
    """Whether an entry says that the ball was found, less than 1 mm and 3 % off."""
    hit = _FIGURES.fullmatch(entry)
    return hit is not None and float(hit[1]) < 1 and abs(float(hit[2])) < 3


def load_report() -> dict[str, Any]:
    """What lies beside the page: ``rows``, and when, where and by which commit they were made."""
    report: dict[str, Any] = json.loads(ROWS.read_text(encoding="utf-8"))
    return report


def load_rows() -> list[Row]:
    """The rows beside the page."""
    return [Row(**row) for row in load_report()["rows"]]


def page(rows: Sequence[Row], made: Mapping[str, Any]) -> str:
    """The page's text.

    Args:
        rows: what became of each scan.
        made: what :func:`measured.made_now` said when they were made.
    """
    section_of = {case: name for name, cases in SECTIONS.items() for case in cases}
    text = f"{HEAD}\n{_summary(rows)} {when_measured([made])}\n"
    for name in SECTIONS:
        lines = [_line(row) for row in rows if section_of[row.case] == name]
        head = ["| case | preparation | inference |", "|---|---|---|"]
        text += "\n".join(["", f"## {name}", "", *head, *lines]) + "\n"
    return text


def _summary(rows: Sequence[Row]) -> str:
    read = [hit for row in rows for hit in _hits(row)]
    refused = sum(row.preparation.startswith("refused") for row in rows)
    off = max(float(hit[1]) for hit in read)
    share = max(abs(float(hit[2])) for hit in read)
    return (
        f"Of {len(rows)} scans {len(rows) - refused} are read, the ball {off:.2f} mm and "
        f"{share:.1f} % off at most, and {refused} refused."
    )


def _hits(row: Row) -> list[re.Match[str]]:
    return [hit for text in (row.preparation, row.inference) if (hit := _FIGURES.fullmatch(text))]


def save(rows: list[Row], path: Path) -> None:
    """Write the page, and its rows beside it; sections that others write below it stay."""
    made = made_now()
    path.write_text(page(rows, made) + _below(path), encoding="utf-8")
    report = {**made, "rows": [asdict(row) for row in rows]}
    content = json.dumps(report, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(content + "\n", encoding="utf-8")


def _below(path: Path) -> str:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    _, sign, rest = text.partition("\n<!-- ")
    return sign + rest


def _line(row: Row) -> str:
    beside = "".join(f"; {line}" for line in row.left_out)
    same = row.preparation.startswith("refused") and row.inference == row.preparation
    told = "the same" if same else row.inference
    case = row.case.replace("_", " ") + (f" ({row.scan})" if row.case in SCANS else "")
    return f"| {case} | {row.preparation}{beside} | {told} |"
