"""What becomes of odd scans: read, and how well, or refused, and in which words.

    python benchmarks/odd_scans.py [--work runs/odd_scans] [--output docs/reliability.md]

Writes every case of odd_cases.py and odd_files.py, prepares them all at 1 mm, runs
liver_ct_segmentation's inference.json on them with a network that is a threshold at 325 HU, and
writes the table.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odd_cases import READ, REFUSED
from odd_dicom import errors_of
from odd_inference import errors_of_mask, run_inference

from medssl.sources import find_images, prepare_images
from medssl.sources.readers import find_sources
from medssl.store import StoredVolume

SPACING = 1.0
HEAD = """# Reliability: odd scans and what becomes of them

Made by `python benchmarks/odd_scans.py`. Every case is a small scan with a ball of 700 HU and 12 mm
radius at a known place. Preparation (at 1 mm) and inference (`liver_ct_segmentation`, its network
replaced by a threshold at 325 HU) use one reader: they take and refuse the same, for the same
reason. Read scans show how far the ball lies off its place and what its volume is off by; of a
mask, off that of the scan's own voxels above 325 HU.

What no check can see: a changed byte in the voxels of a file without checksum (uncompressed NIfTI,
MetaImage, NRRD, and DICOM), a wrong number that is plausible and alike in all slices of a series
(PixelSpacing 1.0 for 1.5), slices missing at the ends, and every second slice missing throughout.

"""


@dataclass
class Row:
    """What became of one scan, in preparation and in inference."""

    case: str
    source: Any
    prepared: str = ""
    inferred: str = ""
    left_out: list[str] = field(default_factory=list)


def write_cases(folder: Path) -> None:
    """Write each case into a folder of its name."""
    for name, write in READ.items():
        write(folder / name)
    for name, (write, _) in REFUSED.items():
        write(folder / name)


def list_rows(folder: Path) -> list[Row]:
    """One row for each scan, by case; what was left out beside it is noted with it."""
    rows = []
    for name in (*READ, *REFUSED):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            sources = find_sources(folder / name)
        lines = [line.removeprefix("medssl: ") for line in said.getvalue().splitlines()]
        rows += [Row(name, source, left_out=lines) for source in sources]
    return rows


def prepare(folder: Path, output: Path, rows: list[Row]) -> None:
    """Fill in what preparation does."""
    prepare_images(folder, output, spacing=SPACING, skip_broken=True, fractions=(1, 0, 0))
    manifest = json.loads((output / "manifest.json").read_text())
    refused = {entry["source"]: entry["reason"] for entry in manifest["skipped"]}
    ids = {entry["source"]: entry["id"] for entry in manifest["scans"]}
    for row, source in zip(rows, _ordered(find_sources(folder), rows), strict=True):
        if source.name in refused:
            row.prepared = f"refused: {refused[source.name]}"
            continue
        volume = StoredVolume(output / "volumes" / f"{ids[source.name]}.b2nd")
        row.prepared = _figures(*errors_of(volume.read_all(), volume.affine))


def infer(folder: Path, output: Path, rows: list[Row]) -> None:
    """Fill in what inference does."""
    masks, lines = run_inference(folder, output, SPACING)
    name_of = {item["image"]: item["name"] for item in find_images(folder)}
    for row in rows:
        place = f"{row.source.path}#{row.source.series}".rstrip("#")
        if name_of[place] in masks:
            row.inferred = _figures(*errors_of_mask(masks[name_of[place]], row.source))
        else:
            said = [line.rpartition(place)[2] for line in lines if place in line]
            row.inferred = f"refused{said[0] if said else ': no word'}"


def _ordered(sources: list[Any], rows: list[Row]) -> list[Any]:
    known = {(source.path, source.series): source for source in sources}
    return [known[row.source.path, row.source.series] for row in rows]


def _figures(off_mm: float, share: float) -> str:
    return f"{off_mm:.2f} mm, {100 * share:+.1f} %"


def table(rows: list[Row]) -> str:
    """The page's table."""
    lines = ["| case | preparation | inference |", "|---|---|---|"]
    for row in rows:
        beside = "".join(f"; {line}" for line in row.left_out)
        same = row.prepared.startswith("refused") and row.inferred.endswith(row.prepared[9:])
        inferred = "the same" if same else row.inferred
        case = row.case.replace("_", " ")
        lines.append(f"| {case} | {row.prepared}{beside} | {inferred} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("runs/odd_scans"))
    parser.add_argument("--output", type=Path, default=Path("docs/reliability.md"))
    arguments = parser.parse_args()
    work = arguments.work.absolute()
    shutil.rmtree(work, ignore_errors=True)
    write_cases(work / "scans")
    rows = list_rows(work / "scans")
    prepare(work / "scans", work / "prepared", rows)
    infer(work / "scans", work / "inferred", rows)
    arguments.output.write_text(HEAD + table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
