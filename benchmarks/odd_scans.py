"""What becomes of odd scans: read, and how well, or refused, and in which words.

    python benchmarks/odd_scans.py [--work runs/odd_scans] [--output docs/reliability.md]

Writes every case of odd_cases.py, prepares them all at 1 mm, runs liver_ct_segmentation's
inference.json on them with a network that is a threshold at 325 HU, and writes the page. Exit
status 1 where a scan is missing, off its place, or refused by other words than odd_cases.py has.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from medssl.sources import find_images, prepare_images
from medssl.sources.readers import Source, find_sources, read_image
from medssl.store import StoredVolume
from odd_cases import READ, REFUSED, SCANS
from odd_dicom import errors_of
from odd_inference import errors_of_mask, run_inference
from odd_rows import PAGE, Row, figures, in_place, save

SPACING = 1.0


def write_cases(folder: Path) -> None:
    """Write each case into a folder of its name."""
    for name, write in READ.items():
        write(folder / name)
    for name, (write, _) in REFUSED.items():
        write(folder / name)


def list_rows(folder: Path) -> list[tuple[Row, Source]]:
    """One row for each scan, by case; what was left out beside it is noted with it."""
    rows = []
    for name in (*READ, *REFUSED):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            sources = find_sources(folder / name)
        lines = [line.removeprefix("medssl: ") for line in said.getvalue().splitlines()]
        rows += [(Row(name, source.name, left_out=lines), source) for source in sources]
    return rows


def prepare(folder: Path, output: Path, rows: list[tuple[Row, Source]]) -> None:
    """Fill in what preparation does."""
    prepare_images(
        folder, output, spacing=SPACING, skip_broken=True, fractions=(1, 0, 0), patients="each"
    )
    manifest = json.loads((output / "manifest.json").read_text())
    refused = {entry["source"]: entry["reason"] for entry in manifest["skipped"]}
    ids = {entry["source"]: entry["id"] for entry in manifest["scans"]}
    names = {(source.path, source.series): source.name for source in find_sources(folder)}
    for row, source in rows:
        name = names[source.path, source.series]
        if name in refused:
            row.preparation = f"refused: {refused[name]}"
            continue
        volume = StoredVolume(output / "volumes" / f"{ids[name]}.b2nd")
        row.preparation = figures(*errors_of(volume.read_all(), volume.affine))


def infer(folder: Path, output: Path, rows: list[tuple[Row, Source]]) -> None:
    """Fill in what inference does."""
    masks, lines = run_inference(folder, output, SPACING)
    name_of = {item["image"]: item["name"] for item in find_images(folder)}
    for row, source in rows:
        place = f"{source.path}#{source.series}".rstrip("#")
        if name_of[place] in masks:
            row.inference = figures(*errors_of_mask(masks[name_of[place]], read_image(source)))
        else:
            said = [line.partition(f"{place}: ")[2] for line in lines if f"{place}: " in line]
            row.inference = f"refused: {said[0] if said else 'no word'}"


def faults(rows: Sequence[Row]) -> list[str]:
    """What did not become of the cases as it has to, one line each."""
    scans = Counter(row.case for row in rows)
    wanted = {case: SCANS.get(case, 1) for case in (*READ, *REFUSED)}
    missing = [
        f"{case}: {scans[case]} scans found, {number} written"
        for case, number in wanted.items()
        if scans[case] != number
    ]
    return missing + [f"{row.case} ({row.scan}): {told}" for row in rows if (told := _fault(row))]


def _fault(row: Row) -> str:
    entries = {"preparation": row.preparation, "inference": row.inference}
    if row.case in READ:
        said = [f"{by}: {entry}" for by, entry in entries.items() if not in_place(entry)]
        return "; ".join(said)
    words = REFUSED[row.case][1]
    if not re.search(f"^refused: .*{words}", row.preparation):
        return f"preparation: {row.preparation}, expected: refused, {words}"
    return "" if row.inference == row.preparation else f"inference: {row.inference}"


def main(words: Sequence[str] | None = None) -> None:
    """Run it, and fail where a case did not become what it has to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("runs/odd_scans"))
    parser.add_argument("--output", type=Path, default=PAGE)
    arguments = parser.parse_args(words)
    work = arguments.work.absolute()
    shutil.rmtree(work, ignore_errors=True)
    write_cases(work / "scans")
    rows = list_rows(work / "scans")
    prepare(work / "scans", work / "prepared", rows)
    infer(work / "scans", work / "inferred", rows)
    save([row for row, _ in rows], arguments.output)
    sys.exit("\n".join(faults([row for row, _ in rows])) or None)


if __name__ == "__main__":
    main()
