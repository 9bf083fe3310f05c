"""What a newcomer waits for: the demo and the tests, timed in a fresh clone.

    python benchmarks/clone.py [--targets demo demo_avx2 test test_avx2]
        [--output docs/benchmarks_clone.json]

Clones what is committed, installs by the project's own Makefile, runs `make demo` and `make test`
there and takes the time of each, apart from the installation's. Those called `_avx2` are held to
AVX2, torch and oneDNN are, which has no bf16, whatever the CPU can do. (CPU time would be less than
what was used: servers that fork for others are waited for by nobody.) Targets that are not asked
for keep what was measured of them before.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_page import read_report, write_report
from medssl.files import write_json
from steps import ROOT

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
NEEDS = {"demo": ".installed", "test": ".installed-dev"}
HELD = {f"{target}{way}": held for target in NEEDS for way, held in (("", {}), ("_avx2", AVX2))}
ASK = "import json, provenance; print(json.dumps(provenance.provenance()))"
LINES = 120  # of a command that failed
_OURS = ("PYTHONPATH", "OMP_NUM_THREADS", "TQDM_DISABLE", "VIRTUAL_ENV")


def _environment(more: dict[str, str]) -> dict[str, str]:
    """That of this process without what it was told for itself, and with more."""
    return {key: value for key, value in os.environ.items() if key not in _OURS} | more


def timed(words: list[str], folder: Path, log: Path, held: dict[str, str]) -> float:
    """Seconds that a command takes to its end.

    Args:
        words: the command.
        folder: where it is run.
        log: takes what it says.
        held: what the environment holds it to.

    Raises:
        RuntimeError: it failed; shows the end of what it said.
    """
    clean = _environment(held)
    started = time.monotonic()
    with log.open("wb") as said:
        done = subprocess.run(words, cwd=folder, env=clean, stdout=said, stderr=said, check=False)
    if done.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LINES:]
        ended = f"{' '.join(words)}: exit status {done.returncode}"
        raise RuntimeError("\n".join([ended, *last]))
    return round(time.monotonic() - started, 1)


def told(clone: Path, held: dict[str, str]) -> dict[str, Any]:
    """Day, commit, versions and machine as a clone's own interpreter finds them.

    Args:
        clone: in which `make .venv/.installed` has been run.
        held: what the environment holds it to.
    """
    words = [clone / ".venv" / "bin" / "python", "-W", "ignore", "-c", ASK]
    here = _environment({"PYTHONPATH": str(clone / "benchmarks"), **held})
    answer = subprocess.run(words, env=here, capture_output=True, check=True).stdout
    found: dict[str, Any] = json.loads(answer)
    return found


def measure(targets: list[str], folder: Path) -> dict[str, dict[str, Any]]:
    """Seconds of each target in a clone of its own, and of the installation before it.

    Else a demo that is there would be gone on with, and what the tests compile be there.
    """
    clone, log = folder / "medssl", folder / "log.txt"
    found: dict[str, dict[str, Any]] = {}
    for target in targets:
        made, held = target.partition("_")[0], HELD[target]
        shutil.rmtree(clone, ignore_errors=True)
        words = ["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone]
        subprocess.run(words, check=True)
        installing = timed(["make", f".venv/{NEEDS[made]}"], clone, log, {})
        row: dict[str, Any] = {"wall_s": timed(["make", made], clone, log, held)}
        row["installation_s"] = installing
        if passed := re.search(rb"(\d+) passed", log.read_bytes()):
            row["passed"] = int(passed[1])
        print(target, json.dumps(row), flush=True)
        found[target] = {**row, **told(clone, held)}
    return found


def main() -> None:
    """Time, write, and write the page of the benchmarks anew."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--targets", nargs="+", choices=list(HELD), default=list(HELD))
    options.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks_clone.json")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(asked.targets, Path(name))
    earlier = read_report(asked.output)
    write_json(asked.output, {**earlier, **found})
    page = asked.output.with_name("benchmarks.json")
    if page.is_file():
        write_report(read_report(page), page)


if __name__ == "__main__":
    main()
