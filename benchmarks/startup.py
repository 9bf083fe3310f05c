"""What a start costs: of imports, of a run before its first step, of ``--help``, of an estimate."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medssl.processes import usable_cpus
from steps import ROOT, make_data

BUNDLE = ROOT / "bundles" / "pretrain_rotation"
IMPORTS = ["$import sys", "$from ignite.engine import Events"]
# As every Python program ends, so that all rows hold what the end of a process takes.
FIRST_STEP = (
    "$@train#trainer.add_event_handler(Events.ITERATION_STARTED, lambda engine: sys.exit(0))"
)
PYTHON = [sys.executable, "-W", "ignore"]
# The one that the README asks about, and the one whose step takes longest.
ESTIMATED = ("pretrain_simclr", "pretrain_pcrl")
SMALL = {"crop_size": [16, 16, 16], "base_channels": 8, "batch_size": 2, "num_workers": 0}


class Taken(NamedTuple):
    """Seconds of a process: of its CPU time, user and system, its children's too; by the clock."""

    cpu_s: float
    wall_s: float


def seconds_of_process(words: Sequence[str]) -> Taken:
    """What a process and its children take.

    Raises:
        RuntimeError: it failed.
    """
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = time.monotonic()
    process = subprocess.Popen(words, **quiet)  # type: ignore[call-overload]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit status {process.returncode}")
    return Taken(used.ru_utime + used.ru_stime, time.monotonic() - started)


def up_to_first_step(data: Path, folder: Path) -> list[str]:
    """A training that ends where its first step would begin."""
    train = BUNDLE / "configs" / "train.json"
    config: dict[str, Any] = json.loads(train.read_text(encoding="utf-8"))
    *before, training = config["run"]
    changed = {"imports": config["imports"] + IMPORTS, "run": [*before, FIRST_STEP, training]}
    overlay = folder / "overlay.json"
    overlay.write_text(json.dumps(changed), encoding="utf-8")
    given = {
        "bundle_root": BUNDLE,
        "config_file": [str(train), str(overlay)],
        "dataset_dir": data,
        "output_dir": folder / "out",
        **SMALL,
    }
    words = [*PYTHON, "-m", "monai.bundle", "run"]
    return words + [word for key, value in given.items() for word in (f"--{key}", str(value))]


def rows(data: Path, folder: Path, turns: int = 3) -> Iterator[dict[str, object]]:
    """Median CPU seconds of each start, in turns.

    Args:
        data: prepared scans.
        folder: to write in.
        turns: how often each is started.
    """
    starts = {
        "import torch": [*PYTHON, "-c", "import torch"],
        "import monai.bundle": [*PYTHON, "-c", "import monai.bundle"],
        "python -m monai.bundle run, before the first step": up_to_first_step(data, folder),
        "medssl estimate --help": [*PYTHON, "-m", "medssl.cli", "estimate", "--help"],
    }
    found: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(turns):
        for name, words in starts.items():
            found[name].append(seconds_of_process(words).cpu_s)
    for name, taken in found.items():
        yield {"start": name, "cpu_s": round(statistics.median(taken), 2)}


def estimates(data: Path) -> Iterator[dict[str, Any]]:
    """Seconds until `medssl estimate` has answered, with all defaults of a bundle.

    Args:
        data: prepared scans.
    """
    for bundle in ESTIMATED:
        config = ROOT / "bundles" / bundle / "configs" / "train.json"
        words = [*PYTHON, "-m", "medssl.cli", "estimate", str(config), "--data", str(data)]
        taken = seconds_of_process(words)
        row = {"bundle": bundle, "cores": usable_cpus()}
        print(f"medssl estimate, {bundle}: {taken}", flush=True)
        yield {**row, **{name: round(value, 1) for name, value in taken._asdict().items()}}


def estimates_table(found: list[dict[str, Any]]) -> str:
    """Markdown lines of the rows."""
    lines = ["| `medssl estimate` of | cores | CPU, s | by the clock, s |", "|---|---|---|---|"]
    for row in found:
        figures = f"{row['cores']} | {row['cpu_s']:.1f} | {row['wall_s']:.1f}"
        lines.append(f"| `{row['bundle']}` | {figures} |")
    return "\n".join(lines)


def startup_table(found: list[dict[str, Any]]) -> str:
    """Markdown lines of the rows."""
    lines = ["| start | CPU, s |", "|---|---|"]
    lines += [f"| `{row['start']}` | {row['cpu_s']:.2f} |" for row in found]
    return "\n".join(lines)


def main() -> None:
    """Print the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for row in rows(make_data(folder), folder):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
