"""Preparing one large scan, and the way back to its own grid, beside other libraries.

    python benchmarks/preparing.py [--rounds 3] [--only "an oblique scan"]

A made-up chest CT of 512 x 512 x 300 voxels of 0.7 x 0.7 x 1.25 mm, int16, gzip level 1, brought to
1 mm: as it lies, oblique, and of a tilted gantry. CPU seconds of one thread, each the median of
turns that alternate; a whole preparation in a fresh process that has prepared a small scan before,
its peak memory less what it held then. First all are compared: the same grid in mm, and the same HU
within 1 where nothing is blurred.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench_page import read_report, write_report
from interleaved import cpu_seconds
from medssl.files import write_json
from medssl.sources.cases import Settings, prepare_case
from medssl.sources.pairing import Case
from medssl.sources.readers import source_of
from memory import peak_mib
from preparing_page import WHOLE, WORKS
from preparing_ways import AFFINE, NOT_BLURRED, Grid, Work, make_scan, works
from provenance import provenance

ROOT = Path(__file__).resolve().parents[1]
SAME_MM = 1e-6  # that affines may differ
# How far values may differ. Of HU, others cut off the fraction that medssl rounds; of
# probabilities, places in single precision are off by some 1e-4 voxels.
LIMITS = {"a label map": 0.0, "a prediction, back": 1e-3}
HU = 1.0
NAMES = (*WORKS, WHOLE)


def limit_of(name: str) -> float:
    """How far values may differ in a kind of work."""
    return LIMITS.get(name, HU)


def within(own: Grid, grid: Grid) -> NDArray[np.bool_]:
    """Which voxels of a grid lie one voxel or more from the faces of another."""
    to_own = np.linalg.solve(own[1], grid[1])
    x, y, z = np.ogrid[tuple(slice(side) for side in grid[0])]
    found = np.ones(grid[0], dtype=bool)
    for row, side in zip(to_own[:3], own[0], strict=True):
        place = row[0] * x + row[1] * y + row[2] * z + row[3]
        found &= (place >= 1) & (place <= side - 2)
    return found


def compare(work: Work, limit: float) -> dict[str, float]:
    """Largest difference from MONAI in double precision, one voxel from the faces.

    Args:
        work: its ways; of one that blurs the grid alone is compared.
        limit: of that difference.

    Raises:
        SystemExit: another grid, or values farther apart.
    """
    (expected, affine), furthest = work.exact(), {}
    compared = within(work.own, (expected.shape, affine))
    for name, way in work.ways.items():
        values, found = way()
        if values.shape != expected.shape:
            raise SystemExit(f"{name}: shape {values.shape}, MONAI's is {expected.shape}")
        if not np.allclose(found, affine, rtol=0, atol=SAME_MM):
            raise SystemExit(f"{name}: affine {found.tolist()}, MONAI's is {affine.tolist()}")
        if name == "medssl" and NOT_BLURRED in work.ways:
            continue
        furthest[name] = float(np.abs(values - expected)[compared].max())
        if furthest[name] > limit:
            raise SystemExit(f"{name}: {furthest[name]:g} off MONAI's, more than {limit:g}")
    return furthest


def prepare_one(folder: Path, name: str) -> dict[str, float]:
    """CPU seconds of one preparation, and its peak beyond what a smaller one has left, in MiB."""
    torch.set_num_threads(1)
    for each in ("small", name):
        label = folder / f"{each}_label.nii.gz"
        case = Case(
            each,
            source_of(folder / f"{each}.nii.gz"),
            source_of(label) if label.exists() else None,
        )
        before, start = peak_mib(), time.process_time()
        outcome = prepare_case(case, folder / "out", Settings())
        if outcome.record is None:
            raise SystemExit(outcome.reason)
    return {"cpu_s": time.process_time() - start, "peak_mib": peak_mib() - before}


def bench_preparing(
    folder: Path, rounds: int, names: Sequence[str] = ("scan", "labelled")
) -> dict[str, dict[str, float]]:
    """Whole preparations, with and without a label map, each in a fresh process."""
    rows = {}
    for name in names:
        found = []
        for _ in range(rounds):
            command = [sys.executable, "-W", "ignore", __file__, "--one", str(folder), name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            for path in (folder / "out").rglob("*.b2nd"):
                path.unlink()
        rows[name] = {key: statistics.median(row[key] for row in found) for key in found[0]}
    return rows


def write_scans(folder: Path, hu: NDArray[np.int16], label: NDArray[np.uint8]) -> None:
    """The scan alone and with its label map, and a small one of each."""
    import nibabel

    nibabel.openers.Opener.default_compresslevel = 1
    small = make_scan((64, 64, 40))
    pairs = {"scan": (hu, None), "labelled": (hu, label), "small": small}
    for name, (image, drawn) in pairs.items():
        nibabel.save(nibabel.Nifti1Image(image, AFFINE), folder / f"{name}.nii.gz")
        if drawn is not None:
            nibabel.save(nibabel.Nifti1Image(drawn, AFFINE), folder / f"{name}_label.nii.gz")


def measure(names: Sequence[str], rounds: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row that is asked for, by its name: ways of a kind of work, or whole preparations."""
    torch.set_num_threads(1)
    hu, label = make_scan()
    for name, making in works(hu, label).items():
        if name in names:
            work = making()
            furthest = compare(work, limit_of(name))
            yield name, {"cpu_s": cpu_seconds(work.ways, rounds, 0), "furthest": furthest}
    if WHOLE in names:
        with tempfile.TemporaryDirectory() as scratch:
            write_scans(Path(scratch), hu, label)
            rows = bench_preparing(Path(scratch), rounds)
            yield WHOLE, {"rows": rows, "scan_mib": hu.nbytes / 2**20}


def main() -> None:
    """Compare, measure, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="rows to measure")
    options.add_argument("--one", nargs=2, help="prepare this scan of a folder, print JSON")
    arguments = options.parse_args()
    if arguments.one:
        print(json.dumps(prepare_one(Path(arguments.one[0]), arguments.one[1])))
        return
    output, speed = (ROOT / "docs" / f"benchmarks{name}.json" for name in ("_preparing", ""))
    report = read_report(output)
    for name, row in measure(arguments.only, arguments.rounds):
        print(name, json.dumps(row), flush=True)
        report[name] = {**row, "rounds": arguments.rounds, **provenance()}
    write_json(output, {name: report[name] for name in NAMES if name in report})
    write_report(read_report(speed), speed)


if __name__ == "__main__":
    main()
