"""Which lines of the library the fast tests run.

    python benchmarks/coverage_page.py [--work runs/coverage] [--workers auto]

Runs the tests under coverage, with all processes that they start or fork (see pyproject.toml), and
writes the section of docs/reliability.md. Loops that numba compiles are left out. Exit status 1
where less than 95 % of all lines ran.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # nosec B405

from measured import made_now
from sections import write_between
from steps import ROOT

LEAST = 90  # per cent of a file's lines, below which it is listed
GOAL = 0.95  # of all lines, to be run
Report = dict[str, Any]


def ranges(lines: Iterable[int]) -> str:
    """Numbers as they are told: ``3-5, 9``."""
    runs = itertools.groupby(enumerate(sorted(lines)), lambda pair: pair[1] - pair[0])
    ends = [[line for _, line in run] for _, run in runs]
    return ", ".join(f"{run[0]}-{run[-1]}" if run[1:] else f"{run[0]}" for run in ends)


def measure(work: Path, workers: str) -> tuple[Report, dict[str, str]]:
    """What coverage tells of files, by path, and pytest of its tests; some of them may fail."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    options = {"cwd": ROOT, "env": {**os.environ, "COVERAGE_FILE": str(work / "data")}}
    coverage = [sys.executable, "-W", "ignore", "-m", "coverage"]
    pytest = ["-m", "pytest", "-n", workers, "--dist", "worksteal", f"--junitxml={work / 'tests'}"]
    subprocess.run([*coverage, "run", *pytest], check=False, **options)
    subprocess.run([*coverage, "combine", "--quiet"], check=True, **options)
    subprocess.run([*coverage, "json", "--quiet", "-o", str(work / "lines")], check=True, **options)
    files = json.loads((work / "lines").read_text(encoding="utf-8"))["files"]
    # pytest has just written it
    tests = ElementTree.parse(work / "tests")  # nosec B314
    return files, dict(next(tests.iter("testsuite")).attrib)


def row(name: str, files: list[Report]) -> str:
    """Cells of a room, or of all."""
    lines, run = lines_of(files)
    return f"| {name} | {len(files)} | {lines:,} | {lines - run:,} | {run / max(lines, 1):.1%} |\n"


def lines_of(files: Iterable[Report]) -> tuple[int, int]:
    """Lines of files, and those that ran."""
    found = [
        (file["summary"]["num_statements"], file["summary"]["covered_lines"]) for file in files
    ]
    return sum(lines for lines, _ in found), sum(run for _, run in found)


def fault(files: Report) -> str:
    """That less ran than has to; nothing where enough did."""
    lines, run = lines_of(files.values())
    return (
        f"{run / lines:.1%} of all lines ran, at least {GOAL:.0%} wanted"
        if run < GOAL * lines
        else ""
    )


def section(files: Report, tests: dict[str, str]) -> str:
    """The section's text."""
    rooms: dict[str, list[Report]] = defaultdict(list)
    below = ""
    for path, file in sorted(files.items()):
        name = path.removeprefix("shared/medssl/")
        rooms[name.split("/")[0] if "/" in name else "no room"].append(file)
        if (share := file["summary"]["percent_covered"]) < LEAST:
            below += f"| {name} | {share:.0f}% | {ranges(file['missing_lines'])} |\n"
    counts = "".join(row(name, part) for name, part in [*rooms.items(), ("all", [*files.values()])])
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    failed = int(tests["failures"]) + int(tests["errors"])
    told = {"tests": int(tests["tests"]) - int(tests["skipped"]), "failed": failed, "least": LEAST}
    return template.format(counts=counts, below=below, **made_now(), **told)


if __name__ == "__main__":
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--work", type=Path, default=ROOT / "runs" / "coverage")
    asking.add_argument("--workers", default="auto")
    asked = asking.parse_args()
    counted = measure(asked.work.absolute(), asked.workers)
    write_between(ROOT / "docs" / "reliability.md", "coverage", section(*counted))
    sys.exit(fault(counted[0]) or 0)
