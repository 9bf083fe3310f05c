"""What a start costs: CPU seconds of imports, of a run before its first step, of ``--help``."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from steps import ROOT, make_data

BUNDLE = ROOT / "bundles" / "pretrain_rotation"
IMPORTS = ["$import os", "$from ignite.engine import Events"]
FIRST_STEP = (
    "$@train#trainer.add_event_handler(Events.ITERATION_STARTED, lambda engine: os._exit(0))"
)
SMALL = {"crop_size": [16, 16, 16], "base_channels": 8, "batch_size": 2, "num_workers": 0}


def cpu_seconds(words: Sequence[str]) -> float:
    """CPU time, user and system, of a process and its children.

    Raises:
        RuntimeError: it failed.
    """
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, **quiet)  # type: ignore[call-overload]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit status {process.returncode}")
    return float(used.ru_utime + used.ru_stime)


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
    words = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    return words + [word for key, value in given.items() for word in (f"--{key}", str(value))]


def rows(data: Path, folder: Path, turns: int = 3) -> Iterator[dict[str, object]]:
    """Median CPU seconds of each start, in turns.

    Args:
        data: prepared scans.
        folder: to write in.
        turns: how often each is started.
    """
    python = [sys.executable, "-W", "ignore"]
    starts = {
        "import torch": [*python, "-c", "import torch"],
        "import monai.bundle": [*python, "-c", "import monai.bundle"],
        "python -m monai.bundle run, before the first step": up_to_first_step(data, folder),
        "medssl estimate --help": [*python, "-m", "medssl.cli", "estimate", "--help"],
    }
    found: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(turns):
        for name, words in starts.items():
            found[name].append(cpu_seconds(words))
    for name, taken in found.items():
        yield {"start": name, "cpu_s": round(statistics.median(taken), 2)}


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
