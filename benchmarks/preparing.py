"""Preparing one large scan, and the way back to its own grid, beside other libraries.

    python benchmarks/preparing.py [--rounds 3]

A made-up chest CT of 512 x 512 x 300 voxels of 0.7 x 0.7 x 1.25 mm, int16, gzip level 1, brought to
1 mm. CPU seconds of one thread, each the median of turns that alternate; a whole preparation in a
fresh process that has prepared a small scan before, its peak memory less what it held then. First
all are compared: the same grid in mm, and the same HU within 1 where nothing is blurred.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bench_page import read_report, write_report
from medssl.files import write_json
from medssl.sources.cases import Settings, prepare_case
from medssl.sources.pairing import Case
from medssl.sources.readers import source_of
from memory import peak_mib
from preparing_ways import AFFINE, NOT_BLURRED, Resampling, make_scan, resamplings
from provenance import provenance

ROOT = Path(__file__).resolve().parents[1]
SAME_MM = 1e-6  # that affines may differ
# How far values may differ: some ways cut off the fraction of a HU that others round, and places in
# single precision, as MONAI's, are off by some 1e-4 voxels, at edges of 1000 HU.
LIMITS = {"a scan": 1.1, "a label map": 0.0, "a prediction, back": 1e-3}


def compare(ways: dict[str, Resampling], limit: float) -> dict[str, float]:
    """Largest difference from MONAI, where nothing is blurred, one voxel from the faces.

    Args:
        ways: by name; of one that blurs the grid alone is compared.
        limit: of that difference.

    Raises:
        SystemExit: another grid, or values farther apart.
    """
    (expected, affine), furthest = ways["MONAI"](), {}
    for name, way in ways.items():
        values, found = way()
        if values.shape != expected.shape:
            raise SystemExit(f"{name}: shape {values.shape}, MONAI's is {expected.shape}")
        if not np.allclose(found, affine, rtol=0, atol=SAME_MM):
            raise SystemExit(f"{name}: affine {found.tolist()}, MONAI's is {affine.tolist()}")
        if name == "MONAI" or (name == "medssl" and NOT_BLURRED in ways):
            continue
        furthest[name] = float(np.abs((values - expected)[1:-1, 1:-1, 1:-1]).max())
        if furthest[name] > limit:
            raise SystemExit(f"{name}: {furthest[name]:g} off MONAI's, more than {limit:g}")
    return furthest


def timed(ways: dict[str, Resampling], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each way, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


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


def main() -> None:
    """Compare, measure, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--one", nargs=2, help="prepare this scan of a folder, print JSON")
    arguments = options.parse_args()
    if arguments.one:
        print(json.dumps(prepare_one(Path(arguments.one[0]), arguments.one[1])))
        return
    torch.set_num_threads(1)
    hu, label = make_scan()
    report = provenance()
    report |= {"rounds": arguments.rounds, "scan_mib": hu.nbytes / 2**20, "ways": {}}
    for name, ways in resamplings(hu, label).items():
        furthest = compare(ways, LIMITS[name])
        report["ways"][name] = {"cpu_s": timed(ways, arguments.rounds), "furthest": furthest}
        print(name, json.dumps(report["ways"][name]), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        write_scans(Path(scratch), hu, label)
        report["whole"] = bench_preparing(Path(scratch), arguments.rounds)
    print(json.dumps(report["whole"]), flush=True)
    write_json(ROOT / "docs" / "benchmarks_preparing.json", report)
    speed = ROOT / "docs" / "benchmarks.json"
    write_report(read_report(speed), speed)


if __name__ == "__main__":
    main()
