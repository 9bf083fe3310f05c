"""Speed of what medssl adds around the network, as ratios measured in one run.

    python benchmarks/bench.py [--device cuda] [--steps 6] [--output docs/benchmarks.json]

Reading one crop of a prepared scan; making samples against the literal methods; and for each
bundle the training step (reading, pretext transform and optimisation) over the same optimisation on
a batch that is already there. Prints the figures and writes them with versions and date.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

import preparing_page
import whole_scans_page
from generation import measure
from medssl.engines.identity import versions
from medssl.store import StoredVolume, load_datalist
from steps import BUNDLES, VARIANTS, bench_in_subprocess, make_data, seconds_of

CROP = (64, 64, 32)
CPU_WORKERS = 1


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
    return counts + [{**counts[-1], **extra} for extra in VARIANTS.values() if extra]


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
                figures += f"ratio {row['ratio']:.3f}, peak {row['peak_mib']} MiB"
            except RuntimeError as error:
                row["failed"] = figures = str(error)
            print(f"{bundle}, {overrides}: {figures}", flush=True)
            yield row


def generation_table(rows: dict[str, dict[str, Any]]) -> str:
    """Markdown lines of the samples' figures."""
    lines = [
        "| samples | medssl, ms | literal, ms | ratio | loaded | p |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        if "failed" in row:
            lines.append(f"| {name} | {row['failed']} | | | | |")
            continue
        loaded = "" if row["loaded_ratio"] is None else f"{row['loaded_ratio']:.1f}"
        lines.append(
            f"| {name} | {row['ours_ms']:.2f} | {row['literal_ms']:.1f} | {row['ratio']:.1f} "
            f"| {loaded} | {row['p']:.2g} |"
        )
    return "\n".join(lines)


def step_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of the steps' figures."""
    lines = [
        "| bundle | settings | full step, s | model only, s | ratio | peak memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    figures = ("bundle", "full_s", "model_s", "ratio", "peak_mib", "batch", "failed")
    for row in rows:
        given = {"batch_size": row.get("batch"), **row}
        words = [f"{key} {value}" for key, value in given.items() if key not in figures]
        cells = [row["bundle"], ", ".join(words)]
        if "failed" in row:
            cells += [row["failed"], "", "", ""]
        else:
            cells += [f"{row[key]:.3f}" for key in ("full_s", "model_s", "ratio")]
            cells.append(str(row["peak_mib"]))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def read_beside(path: Path, name: str) -> dict[str, Any] | None:
    """What `preparing.py` or `whole_scans.py` has measured, from beside the report."""
    file = path.with_name(f"{path.stem}_{name}.json")
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write the JSON and, beside it, the same figures as a Markdown page."""
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    crop = report["crop_read"]
    packages = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    text = f"""# Benchmarks

{(__doc__ or "").strip().splitlines()[0]} Written by `{report["command"]}`.

{report["date"]}; {report["device"]}; {packages}.

## Reading

A 64 x 64 x 32 crop from a prepared scan of {crop["scan_voxels"]:,} voxels, warm, one core:
median {crop["median_ms"]:.2f} ms, 95th percentile {crop["p95_ms"]:.2f} ms.

## Making samples

Milliseconds for one sample: medssl against the methods written out in `benchmarks/literal` (NumPy
and SciPy, one sample at a time, on one CPU core); both sides end with a float32 batch. Methods that
cut their own patches start from a scan on disk; "loaded" is the ratio where the literal side alone
has its scan in memory. A ratio is given only where both sides make the same distribution; p is the
smallest corrected p value of that comparison. Puzzles of 64 x 64 x 16 cubes: the study zooms the
whole scan by splines for each sample, medssl cuts at the stored spacing. Those of 128 x 128 x 32
cubes are copied by both sides, without work to save.

{generation_table(report["generation"])}

## Training steps

At the paper's network size (`base_channels` 32): the whole step over the same step on a batch that
is already there. Peak memory is the process's resident memory on a CPU, allocated memory on a GPU.

{step_table(report["training_step"])}
"""
    text += preparing_page.section(read_beside(path, "preparing"))
    text += whole_scans_page.section(read_beside(path, "whole_scans"))
    path.with_suffix(".md").write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--steps", type=int, default=6)
    options.add_argument("--batch", type=int, help="batch size; the bundle's own by default")
    options.add_argument("--workers", type=int, nargs="+", default=[0, 4, 8, 16], help="on a GPU")
    options.add_argument("--bundles", nargs="+", default=BUNDLES)
    options.add_argument("--output", type=Path)
    arguments = options.parse_args()
    device = torch.device(arguments.device)
    gpu = torch.cuda.get_device_name() if device.type == "cuda" else None
    with tempfile.TemporaryDirectory() as name:
        data = make_data(Path(name))
        chosen = settings(device, arguments.batch, arguments.workers)
        report: dict[str, Any] = {
            "date": time.strftime("%Y-%m-%d"),
            "device": gpu or f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
            "command": f"make bench{'-gpu' if gpu else ''}",
            "versions": versions(),
            "crop_read": bench_crops(data),
            "generation": measure(data, device, Path(name)),
            "training_step": [],
        }
        for row in bench_steps(data, device, arguments.steps, chosen, arguments.bundles):
            report["training_step"].append(row)
            if arguments.output:
                write_report(report, arguments.output)


if __name__ == "__main__":
    main()
