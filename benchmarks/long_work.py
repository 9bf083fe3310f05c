"""Whether memory stays flat in long work: many scans prepared, many steps trained, one large scan.

    python benchmarks/long_work.py [--scans 300] [--steps 3000] [--work runs/long_work]

Scans of noise are prepared by one process, then a pretraining runs on them with two loaders; a
watcher notes every half second how far it is and how much memory the process holds together with
its children, shared pages once. "After a tenth" and "at the end" are medians over the second and
the last tenth of the work. One scan of 512 x 512 x 600 voxels is prepared in a process of its own,
which has prepared a small one before. Exit status 1 where memory grew by more than a tenth, or the
large scan took more than 2.5 times its size. Linux alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from measured import made_now
from medssl.engines.trace import read_trace
from medssl.files import write_json
from preparing import bench_preparing, write_scans
from preparing_ways import make_scan
from sections import write_between
from steps import ROOT

PAGE = ROOT / "docs" / "reliability.md"
SHAPE = (112, 96, 96)  # voxels of 1 mm, brought to 1.5 mm
LARGE = (512, 512, 600)
EVERY = 0.5  # seconds between two looks
GROWTH = 1.1  # of memory from after a tenth to the end, at most
TIMES = 2.5  # the size of a large scan, at most, for its preparation
BUNDLE = ROOT / "bundles" / "pretrain_models_genesis"
TRAINING = {
    **{"crop_size": [32, 32, 32], "base_channels": 4, "batch_size": 4, "num_workers": 2},
    **{"crops_per_scan": 4, "device": "cpu", "amp": "off", "val_interval": 5},
}
Curve = list[tuple[int, float]]


def held_mib(process: int) -> float:
    """Memory of a process and all beneath it, in MiB; a page that several share counts once."""
    place = Path("/proc", str(process))
    try:
        lines = (place / "smaps_rollup").read_text(encoding="utf-8").splitlines()
        tasks = [task.read_text(encoding="utf-8") for task in place.glob("task/*/children")]
    except (OSError, ProcessLookupError):  # it has ended
        return 0.0
    own = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return own / 1024 + sum(held_mib(int(child)) for text in tasks for child in text.split())


def watched(words: list[str], done: Callable[[], int], log: Path) -> Curve:
    """Run a command to its end; how far it was and what it held, at every look.

    Raises:
        RuntimeError: it failed; the log tells why.
    """
    curve: Curve = []
    with log.open("wb") as said, subprocess.Popen(words, stdout=said, stderr=said) as process:
        while process.poll() is None:
            curve.append((done(), held_mib(process.pid)))
            time.sleep(EVERY)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit status {process.returncode}; see {log}")
    return curve


def flatness(curve: Curve) -> dict[str, float]:
    """What was held after a tenth of the work, and at its end, in MiB; the most at any time."""
    last = max(done for done, _ in curve)

    def typical(begin: float, end: float) -> float:
        return statistics.median(mib for done, mib in curve if begin * last <= done <= end * last)

    found = {"after_a_tenth": typical(0.1, 0.2), "at_the_end": typical(0.9, 1)}
    return {**found, "most": max(mib for _, mib in curve)}


def prepare_many(work: Path, scans: int) -> Curve:
    """Curve of a preparation over scans."""
    import nibabel

    raw, out = work / "raw", work / "data"
    raw.mkdir(parents=True, exist_ok=True)
    for number in range(scans):
        noise = np.random.default_rng(number).normal(-200, 300, SHAPE)
        image = nibabel.Nifti1Image(noise.clip(-1000, 1000).astype(np.int16), np.eye(4))
        nibabel.save(image, raw / f"scan{number:04d}.nii")
    words = [sys.executable, "-W", "ignore", "-m", "medssl", "prepare", "images", str(raw)]
    words += [str(out), "--patients", "each", "--spacing", "1.5", "--workers", "1"]
    return watched(words, lambda: len(list(out.glob("volumes/*.b2nd"))), work / "prepare.log")


def train_long(work: Path, steps: int) -> Curve:
    """Curve of a pretraining over steps."""
    out = work / "models"
    listed = json.loads((work / "data" / "datalist.json").read_text(encoding="utf-8"))
    epoch = len(listed["training"]) * TRAINING["crops_per_scan"] // TRAINING["batch_size"]
    given = {
        **{"bundle_root": BUNDLE, "config_file": BUNDLE / "configs" / "train.json"},
        **{"dataset_dir": work / "data", "output_dir": out, "max_epochs": -(-steps // epoch)},
        **TRAINING,
    }
    words = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    words += [word for key, value in given.items() for word in (f"--{key}", str(value))]
    trace = out / "trace.jsonl"
    return watched(words, lambda: steps_done(trace), work / "train.log")


def steps_done(trace: Path) -> int:
    """Steps of a trace that may be being written; its lines of validations are none."""
    return len(read_trace(trace)) if trace.is_file() else 0


def prepare_large(work: Path) -> dict[str, float]:
    """Peak of the preparation of one large scan, beside what its voxels take."""
    folder = work / "large"
    folder.mkdir(parents=True, exist_ok=True)
    hu, label = make_scan(LARGE)
    write_scans(folder, hu, label)
    size = hu.nbytes / 2**20
    del hu, label
    return {"scan_mib": size, **bench_preparing(folder, 1)["scan"]}


def faults(report: dict[str, Any]) -> list[str]:
    """What grew, or took, more than it may."""
    found = []
    for name in ("preparation", "training"):
        begin, end = (report[name][at] for at in ("after_a_tenth", "at_the_end"))
        if end > GROWTH * begin:
            found.append(f"{name}: from {begin:.0f} to {end:.0f} MiB, at most {GROWTH} times")
    scan, peak = (report["large"][at] for at in ("scan_mib", "peak_mib"))
    if peak > TIMES * scan:
        found.append(f"large scan: {peak:.0f} MiB for {scan:.0f}, at most {TIMES} times")
    return found


def draw(report: dict[str, Any], path: Path) -> None:
    """Memory over work, one picture for each kind."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, (name, unit) in zip(
        figure.subplots(1, 2), (("preparation", "scans"), ("training", "steps")), strict=True
    ):
        axes.plot(*zip(*report[name]["curve"], strict=True), linewidth=1)
        axes.set(xlabel=f"{unit} done", ylabel="memory, MiB", title=name, ylim=(0, None))
    figure.savefig(path, dpi=110)


def section(report: dict[str, Any]) -> str:
    """The section's text."""
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    named = {f"preparing {report['scans']} scans": "preparation"}
    named[f"training {report['steps']:,} steps"] = "training"
    rows = ""
    for what, name in named.items():
        held = [f"{report[name][at]:.0f}" for at in ("after_a_tenth", "at_the_end", "most")]
        rows += f"| {' | '.join([what, *held])} |\n"
    large = report["large"]
    return template.format(
        **{key: report[key] for key in ("date", "commit", "device")},
        rows=rows,
        size=" x ".join(map(str, LARGE)),
        scan=large["scan_mib"],
        peak=large["peak_mib"],
        times=large["peak_mib"] / large["scan_mib"],
    )


def main() -> None:
    """Work, watch, write, judge."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scans", type=int, default=300)
    options.add_argument("--steps", type=int, default=3000)
    options.add_argument("--work", type=Path, required=True, help="an empty folder")
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "reliability_long.json")
    asked = options.parse_args()
    make_empty(asked.work)
    report: dict[str, Any] = made_now()
    curves = {"preparation": prepare_many(asked.work, asked.scans)}
    curves["training"] = train_long(asked.work, asked.steps)
    report |= {name: {**flatness(curve), "curve": _thin(curve)} for name, curve in curves.items()}
    report |= {"scans": asked.scans, "steps": curves["training"][-1][0]}
    report["large"] = prepare_large(asked.work)
    write_json(asked.output, report)
    draw(report, asked.output.with_suffix(".png"))
    write_between(PAGE, "long work", section(report))
    if found := faults(report):
        raise SystemExit("; ".join(found))


def make_empty(work: Path) -> None:
    """Make a folder, for curves of what is done here alone.

    Raises:
        SystemExit: there is something in it.
    """
    work.mkdir(parents=True, exist_ok=True)
    if any(work.iterdir()):
        raise SystemExit(f"{work}: not empty; remove it, or give another --work")


def _thin(curve: Curve, points: int = 200) -> Curve:
    """As many points of the curve, evenly, as a picture can show."""
    step = max(1, len(curve) // points)
    return [(done, round(mib, 1)) for done, mib in curve[::step]]


if __name__ == "__main__":
    main()
