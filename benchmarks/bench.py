"""Speed of what medssl adds around the network, as ratios measured in one run.

    python benchmarks/bench.py [--device cuda] [--steps 6] [--only scale] [--output FILE]

Starts and estimates; opening long lists; reading crops; making samples against the literal methods
and compositions of others; for each bundle the training step (reading, pretext transform and
optimisation) over the same optimisation on a batch that is already there; on a GPU also several
ranks and windows of a whole scan. Prints the figures and writes them with versions and dates. The
extra ``bench`` installs the libraries of others; a row whose library is missing says so.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

import startup
from bench_page import read_report, write_report
from crop_reading import bench_crop_reading
from generation import measure
from interleaved import Ratio
from measured import this_cpu
from medssl.store import StoredVolume, load_datalist
from pretext_peers import bench_pretext_peers
from provenance import provenance
from ranks import bench_ranks
from scale import bench_scale
from sliding import bench_sliding
from steps import BUNDLES, VARIANTS, bench_in_subprocess, make_data, seconds_of

CROP = (64, 64, 32)
ALL_CORES = ("startup", "estimate")  # sections of processes that take all threads they may
CPU_WORKERS = 0  # so that CPU time is that of reading, too
SECTIONS = {
    "cpu": (
        *("startup", "estimate", "scale", "crop_read", "crop_reading", "generation"),
        *("pretext_peers", "training_step"),
    ),
    "cuda": ("generation", "training_step", "ranks", "inference"),
}


def bench_crops(data: Path, reads: int = 500) -> dict[str, float]:
    """Milliseconds to read one crop at a random place of one prepared scan."""
    item = max(load_datalist(data, "training"), key=lambda entry: np.prod(entry["shape"]))
    volume = StoredVolume(item["image"])
    rng = np.random.default_rng(0)
    limits = np.subtract(volume.shape, CROP) + 1
    starts = iter(rng.integers(0, limits, size=(reads + 50, 3)).tolist())

    def read() -> np.ndarray[Any, Any]:
        return volume.read(tuple(next(starts)), CROP)

    device = torch.device("cpu")
    seconds_of(read, 50, device)
    milliseconds = [1000 * value for value in seconds_of(read, reads, device)]
    return {
        "median_ms": statistics.median(milliseconds),
        "p95_ms": float(np.percentile(milliseconds, 95)),
        "scan_voxels": int(np.prod(volume.shape)),
    }


def settings(device: torch.device, batch: int | None, workers: list[int]) -> list[dict[str, Any]]:
    """Overrides to measure: on a GPU all worker counts, and all variants at the last of them."""
    common = {} if batch is None else {"batch_size": batch}
    if device.type == "cpu":
        return [{**common, "num_workers": CPU_WORKERS}]
    counts = [{**common, "num_workers": count} for count in workers]
    return counts + [{**counts[-1], **extra} for extra in VARIANTS.values()]


def bench_steps(
    data: Path, device: torch.device, steps: int, chosen: list[dict[str, Any]], bundles: list[str]
) -> Iterator[dict[str, Any]]:
    """One row for each bundle and setting, each in a fresh process; what fails is named so."""
    for bundle in bundles:
        for overrides in chosen:
            row: dict[str, Any] = {"bundle": bundle, **overrides}
            try:
                row.update(bench_in_subprocess(bundle, data, device, steps, **overrides))
                figures = f"full step {row['full_s']:.3f} s, model only {row['model_s']:.3f} s, "
                figures += f"ratio {Ratio(*row['ratio'])}, peak {row['peak_mib']} MiB"
            except RuntimeError as error:
                row["failed"] = figures = str(error)
            print(f"{bundle}, {overrides}: {figures}", flush=True)
            yield row


def measured(
    section: str, data: Path, scratch: Path, device: torch.device, asked: argparse.Namespace
) -> Any:
    """The figures of one section."""
    if section == "crop_read":
        return bench_crops(data)
    if section == "generation":
        return measure(data, device, scratch)
    if section == "training_step":
        chosen = settings(device, asked.batch, asked.workers)
        return list(bench_steps(data, device, asked.steps, chosen, asked.bundles))
    if section == "ranks":
        counts = sorted({1, 2, torch.cuda.device_count()} - {0})
        counts = [count for count in counts if count <= torch.cuda.device_count()]
        return list(bench_ranks(data, "cuda", asked.steps, counts))
    if section == "inference":
        return bench_sliding(device)
    if section == "startup":
        folder = scratch / "startup"
        folder.mkdir()
        return list(startup.rows(data, folder))
    if section == "estimate":
        return list(startup.estimates(data))
    if section == "scale":
        return bench_scale(scratch / "scale")
    if section == "crop_reading":
        return bench_crop_reading(data, scratch)
    return bench_pretext_peers()


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--steps", type=int, default=6)
    options.add_argument("--batch", type=int, help="batch size; the bundle's own by default")
    options.add_argument("--workers", type=int, nargs="+", default=[0, 4, 8, 16], help="on a GPU")
    options.add_argument("--bundles", nargs="+", default=BUNDLES)
    options.add_argument("--only", nargs="+", help="sections to measure; others stay as they were")
    options.add_argument("--output", type=Path)
    asked = options.parse_args()
    device = torch.device(asked.device)
    gpu = torch.cuda.get_device_name() if device.type == "cuda" else None
    usual = torch.get_num_threads()
    if gpu is None:
        torch.set_num_threads(1)
    earlier = read_report(asked.output) if asked.only and asked.output else {}
    report = {**earlier, "command": f"make bench{'-gpu' if gpu else ''}"}
    report["measured"] = dict(earlier.get("measured", {}))
    with tempfile.TemporaryDirectory() as name:
        data = make_data(Path(name))
        for section in asked.only or SECTIONS[device.type]:
            report[section] = measured(section, data, Path(name), device, asked)
            where = gpu or this_cpu(usual if section in ALL_CORES else 1)
            report["measured"][section] = provenance(where)
            if asked.output:
                write_report(report, asked.output)


if __name__ == "__main__":
    main()
