"""The fast tests on several versions of Python, and what is tried in odd places.

    python benchmarks/interpreters.py .venv/bin/python [another/bin/python ...]

Each has requirements-dev.txt installed. Versions that are not asked for, and those whose tests do
not pass, keep the row they had.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measured import made_now
from medssl.files import write_json
from sections import write_between
from steps import ROOT
from suite import FailedSuiteError, run_suite

OUTPUT = ROOT / "docs" / "reliability_interpreters.json"
VERSIONS = "import json, sys, torch; print(json.dumps([sys.version.split()[0], torch.__version__]))"
Row = dict[str, Any]


def versions(python: str) -> tuple[str, str]:
    """Of an interpreter and of the PyTorch that it finds."""
    told = subprocess.run([python, "-c", VERSIONS], capture_output=True, check=True).stdout
    own, torch = json.loads(told)
    return str(own), str(torch)


def run_tests(python: str, chosen: Sequence[str] = ()) -> Row:
    """The row of an interpreter whose fast tests pass.

    Args:
        python: an interpreter.
        chosen: words for pytest; all tests by default.

    Raises:
        FailedSuiteError: they do not, or none ran.
    """
    version, torch = versions(python)
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "tests.xml"
        found = run_suite([python], report, chosen, {"OMP_NUM_THREADS": "1"})
    # Its versions are those of the Python that asks.
    made = {key: value for key, value in made_now().items() if key != "versions"}
    return {"python": version, "torch": torch, **found._asdict(), **made}


def section(rows: Sequence[Row]) -> str:
    """The section's text."""
    keys = ("python", "torch", "passed", "skipped", "date", "commit")
    lines = ["| " + " | ".join(str(row[key]) for key in keys) + " |" for row in rows]
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return template.format(rows="\n".join(lines))


def main(words: Sequence[str] | None = None) -> None:
    """Run, write the rows of those that passed, and fail where one did not."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pythons", nargs="+", help="interpreters")
    options.add_argument("--output", type=Path, default=OUTPUT)
    options.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    asked = options.parse_args(words)
    former = json.loads(asked.output.read_text("utf-8")) if asked.output.is_file() else []
    rows = {_minor(row): row for row in former}
    faults = []
    for python in asked.pythons:
        try:
            row = run_tests(python)
        except FailedSuiteError as error:
            faults.append(f"{python}: {error}; it has no new row")
            continue
        rows[_minor(row)] = row
        write_json(asked.output, [rows[minor] for minor in sorted(rows)])
    write_between(asked.page, "interpreters", section([rows[minor] for minor in sorted(rows)]))
    if faults:
        sys.exit("\n".join(faults))


def _minor(row: Row) -> tuple[int, ...]:
    return tuple(map(int, row["python"].split(".")[:2]))


if __name__ == "__main__":
    main()
