"""Speed of what medssl adds around the network, as ratios measured in one run.

    python benchmarks/bench.py [--device cuda] [--steps 6] [--output docs/benchmarks.json]

Crop reading: one 64 x 64 x 32 crop out of a prepared scan, warm, one thread. Training step:
reading, pretext transform and optimisation, divided by the same optimisation on a batch that is
already there. Networks have the paper's size. Prints a table, writes figures, versions and date.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser

from medssl.data import StoredVolume, load_datalist, prepare_images
from medssl.data.phantom import prepare_phantom
from medssl.engines.identity import versions

ROOT = Path(__file__).resolve().parents[1]
BUNDLES = ("pretrain_rotation", "pretrain_models_genesis", "pretrain_simclr")
CPU_BATCH = 4
CROP = (64, 64, 32)


def clock(action: Callable[[], object], times: int, device: torch.device) -> list[float]:
    """Seconds of each call; a GPU is waited for."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds


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
    clock(read, 50, device)
    milliseconds = [1000 * value for value in clock(read, reads, device)]
    return {
        "median_ms": statistics.median(milliseconds),
        "p95_ms": float(np.percentile(milliseconds, 95)),
        "scan_voxels": int(np.prod(volume.shape)),
    }


def load_training(
    bundle: str, data: Path, device: str, scratch: Path, workers: int
) -> ConfigParser:
    """The bundle's own training configuration, at a batch size this machine can hold."""
    parser = ConfigParser()
    parser.read_config(str(ROOT / "bundles" / bundle / "configs" / "train.json"))
    overrides: dict[str, Any] = {
        "bundle_root": str(ROOT / "bundles" / bundle),
        "dataset_dir": str(data),
        "output_dir": str(scratch / bundle),
        "device": f"$torch.device('{device}')",
        "crops_per_scan": 64,
        "num_workers": workers,
    }
    if device == "cpu":
        overrides["batch_size"] = CPU_BATCH
    parser.update(overrides)
    return parser


def _time_full_steps(
    loader: Any, prepare: Any, optimise: Any, device: torch.device, steps: int
) -> tuple[list[float], Any]:
    """Seconds of full steps, and a batch to go on with; the workers stop on return."""
    batches: Iterator[Any] = iter(loader)

    def step() -> None:
        optimise(*prepare(next(batches), device, True))

    clock(step, 2, device)
    seconds = clock(step, steps, device)
    return seconds, prepare(next(batches), device, True)


def bench_step(
    bundle: str, data: Path, device: torch.device, scratch: Path, workers: int, steps: int
) -> dict[str, float]:
    """Median full step and model-only step in seconds, and their ratio."""
    parser = load_training(bundle, data, device.type, scratch, workers)
    names = ("train#prepare_batch", "train#inferer", "network", "loss", "optimizer")
    prepare, inferer, network, loss, optimizer = map(parser.get_parsed_content, names)
    loader = parser.get_parsed_content("train#dataloader")
    network.train()

    def optimise(inputs: torch.Tensor, targets: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss(inferer(inputs, network), targets).backward()
        optimizer.step()

    full_seconds, fixed = _time_full_steps(loader, prepare, optimise, device, steps)
    clock(lambda: optimise(*fixed), 1, device)
    model_seconds = clock(lambda: optimise(*fixed), steps, device)
    full_s, model_s = statistics.median(full_seconds), statistics.median(model_seconds)
    return {"full_s": full_s, "model_s": model_s, "ratio": full_s / model_s}


def make_data(folder: Path) -> Path:
    """Two prepared phantom scans at 1 mm."""
    prepare_phantom(folder / "raw", scans=3, seed=0, spacing=1.5)
    prepare_images(
        folder / "raw", folder / "data", images="subset*/*.mhd", fractions=(0.4, 0.3, 0.3)
    )
    return folder / "data"


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write the JSON and, beside it, the same figures as a Markdown page."""
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    crop = report["crop_read"]
    packages = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    rows = [
        f"| {name} | {row['full_s']:.3f} | {row['model_s']:.3f} | {row['ratio']:.3f} |"
        for name, row in report["training_step"].items()
    ]
    text = f"""# Benchmarks

{__doc__.strip().splitlines()[0]} Written by `make bench`.

{report["date"]}; {report["device"]}; {packages}.

Reading a 64 x 64 x 32 crop from a prepared scan of {crop["scan_voxels"]:,} voxels, warm, one core:
median {crop["median_ms"]:.2f} ms, 95th percentile {crop["p95_ms"]:.2f} ms.

Training step at the paper's network size (`base_channels` 32) and batch {CPU_BATCH} on a CPU:

| bundle | full step, s | model only, s | ratio |
|---|---|---|---|
{chr(10).join(rows)}
"""
    path.with_suffix(".md").write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--steps", type=int, default=6)
    options.add_argument("--workers", type=int, nargs="+", default=[1])
    options.add_argument("--output", type=Path)
    arguments = options.parse_args()
    device = torch.device(arguments.device)
    gpu = torch.cuda.get_device_name() if device.type == "cuda" else None
    report: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "device": gpu or f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
        "versions": versions(),
    }
    with tempfile.TemporaryDirectory() as name:
        data = make_data(Path(name))
        report["crop_read"] = bench_crops(data)
        print(f"crop 64x64x32 from the store: median {report['crop_read']['median_ms']:.2f} ms")
        report["training_step"] = {}
        for bundle in BUNDLES:
            for workers in arguments.workers:
                row = bench_step(bundle, data, device, Path(name), workers, arguments.steps)
                report["training_step"][f"{bundle}, {workers} workers"] = row
                print(
                    f"{bundle}, {workers} workers: full step {row['full_s']:.3f} s, "
                    f"model only {row['model_s']:.3f} s, ratio {row['ratio']:.3f}",
                    flush=True,
                )
    if arguments.output:
        write_report(report, arguments.output)


if __name__ == "__main__":
    main()
