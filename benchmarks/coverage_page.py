"""Which lines of the library the fast tests run.

    python benchmarks/coverage_page.py [--work runs/coverage] [--workers auto]

Runs the tests under coverage, with all processes that they start or fork (see pyproject.toml), and
writes the section of docs/reliability.md, but where a test failed or none ran. Loops that numba
compiles are left out. Exit status 1 then, and where less than 95 % of all lines ran.
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
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from measured import made_now
from sections import write_between
from steps import ROOT
from suite import FailedSuiteError, Passed, run_suite

LEAST = 90  # per cent of a file's lines, below which it is listed
GOAL = 0.95  # of all lines, to be run
Report = dict[str, Any]


def ranges(lines: Iterable[int]) -> str:
    """Numbers as they are told: ``3-5, 9``."""
    runs = itertools.groupby(enumerate(sorted(lines)), lambda pair: pair[1] - pair[0])
    ends = [[line for _, line in run] for _, run in runs]
    return ", ".join(f"{run[0]}-{run[-1]}" if run[1:] else f"{run[0]}" for run in ends)


def measure(work: Path, words: Sequence[str] = ()) -> tuple[Report, Passed]:
    """What coverage tells of files, by path, and pytest of its tests.

    Args:
        work: folder of coverage's data, made anew.
        words: for pytest; all fast tests by default.

    Raises:
        FailedSuiteError: tests failed, or none ran: lines that only they run are unknown.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    data = {"COVERAGE_FILE": str(work / "data")}
    coverage = [sys.executable, "-W", "ignore", "-m", "coverage"]
    tests = run_suite([*coverage, "run"], work / "tests", words, data)
    for asked in (["combine", "--quiet"], ["json", "--quiet", "-o", str(work / "lines")]):
        subprocess.run([*coverage, *asked], check=True, cwd=ROOT, env={**os.environ, **data})
    return json.loads((work / "lines").read_text(encoding="utf-8"))["files"], tests


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


def section(files: Report, tests: Passed) -> str:
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
    told = {"tests": tests.passed, "least": LEAST}
    return template.format(counts=counts, below=below, **made_now(), **told)


def main(words: Sequence[str] | None = None) -> None:
    """Run it, and write the section where the tests passed."""
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--work", type=Path, default=ROOT / "runs" / "coverage")
    asking.add_argument("--workers", default="auto")
    asking.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    asked = asking.parse_args(words)
    try:
        files, tests = measure(asked.work.absolute(), ["-n", asked.workers])
    except FailedSuiteError as error:
        sys.exit(f"{error}; {asked.page} is as it was")
    write_between(asked.page, "coverage", section(files, tests))
    sys.exit(fault(files) or 0)


if __name__ == "__main__":
    main()
