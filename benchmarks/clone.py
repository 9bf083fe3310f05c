"""What a newcomer waits for: the demo and the tests, timed in a fresh clone.

    python benchmarks/clone.py [--targets demo test] [--output docs/benchmarks_clone.json]

Clones what is committed, installs by the project's own Makefile, runs `make demo` and `make test`
there and takes the time of each, apart from the installation's. (CPU time would be less than what
was used: servers that fork for others are waited for by nobody.) Targets that are not asked for
keep what was measured of them before.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from bench_page import read_report, write_report
from medssl.files import write_json
from provenance import provenance
from steps import ROOT

NEEDS = {"demo": ".installed", "test": ".installed-dev"}
LINES = 40  # of a command that failed
_OURS = ("PYTHONPATH", "OMP_NUM_THREADS", "TQDM_DISABLE", "VIRTUAL_ENV")


def timed(words: list[str], folder: Path, log: Path) -> float:
    """Seconds that a command takes to its end.

    Args:
        words: the command.
        folder: where it is run.
        log: takes what it says.

    Raises:
        RuntimeError: it failed; shows the end of what it said.
    """
    clean = {key: value for key, value in os.environ.items() if key not in _OURS}
    started = time.monotonic()
    with log.open("wb") as said:
        done = subprocess.run(words, cwd=folder, env=clean, stdout=said, stderr=said, check=False)
    if done.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LINES:]
        ended = f"{' '.join(words)}: exit status {done.returncode}"
        raise RuntimeError("\n".join([ended, *last]))
    return round(time.monotonic() - started, 1)


def measure(targets: list[str], folder: Path) -> dict[str, dict[str, Any]]:
    """Seconds of each target in a clone beneath a folder, and of the installation before it."""
    clone, log = folder / "medssl", folder / "log.txt"
    words = ["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone]
    subprocess.run(words, check=True)
    found: dict[str, dict[str, Any]] = {}
    for target in targets:
        installing = timed(["make", f".venv/{NEEDS[target]}"], clone, log)
        row: dict[str, Any] = {"wall_s": timed(["make", target], clone, log)}
        row["installation_s"] = installing
        if passed := re.search(rb"(\d+) passed", log.read_bytes()):
            row["passed"] = int(passed[1])
        print(target, json.dumps(row), flush=True)
        found[target] = row
    return found


def main() -> None:
    """Time, write, and write the page of the benchmarks anew."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--targets", nargs="+", choices=list(NEEDS), default=list(NEEDS))
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks_clone.json")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(asked.targets, Path(name))
    machine = {
        "vector_instructions": torch.backends.cpu.get_cpu_capability(),
        "bf16": torch.ops.mkldnn._is_mkldnn_bf16_supported(),
    }
    earlier = read_report(asked.output)
    now = {target: {**row, **provenance(), **machine} for target, row in found.items()}
    write_json(asked.output, {**earlier, **now})
    page = asked.output.with_name("benchmarks.json")
    if page.is_file():
        write_report(read_report(page), page)


if __name__ == "__main__":
    main()
