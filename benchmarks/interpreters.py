"""The fast tests on several versions of Python, and what is tried in odd places.

    python benchmarks/interpreters.py .venv/bin/python [another/bin/python ...]

Each has requirements-dev.txt installed. Versions that are not asked for keep the row they had.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # nosec B405

from measured import made_now
from medssl.files import write_json
from sections import write_between
from steps import ROOT

OUTPUT = ROOT / "docs" / "reliability_interpreters.json"
VERSIONS = "import json, sys, torch; print(json.dumps([sys.version.split()[0], torch.__version__]))"
Row = dict[str, Any]


def versions(python: str) -> tuple[str, str]:
    """Of an interpreter and of the PyTorch that it finds."""
    told = subprocess.run([python, "-c", VERSIONS], capture_output=True, check=True).stdout
    own, torch = json.loads(told)
    return str(own), str(torch)


def run_tests(python: str, chosen: Sequence[str] = ()) -> Row:
    """How the fast tests end there.

    Args:
        python: an interpreter.
        chosen: words for pytest; all tests by default.
    """
    version, torch = versions(python)
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "tests.xml"
        words = ["-m", "pytest", "-n", "auto", "--dist", "worksteal", f"--junitxml={report}"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([python, *words, *chosen], cwd=ROOT, env=environment, check=False)
        # pytest has just written it
        suite = next(ElementTree.parse(report).iter("testsuite")).attrib  # nosec B314
    total, skipped = int(suite["tests"]), int(suite["skipped"])
    failed = int(suite["failures"]) + int(suite["errors"])
    counts = {"passed": total - skipped - failed, "failed": failed, "skipped": skipped}
    # Its versions are those of the Python that asks.
    made = {key: value for key, value in made_now().items() if key != "versions"}
    return {"python": version, "torch": torch, **counts, **made}


def section(rows: Sequence[Row]) -> str:
    """The section's text."""
    keys = ("python", "torch", "passed", "failed", "skipped", "date", "commit")
    lines = ["| " + " | ".join(str(row[key]) for key in keys) + " |" for row in rows]
    template = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return template.format(rows="\n".join(lines))


def main(words: Sequence[str] | None = None) -> None:
    """Run, write, and fail where a test has failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pythons", nargs="+", help="interpreters")
    options.add_argument("--output", type=Path, default=OUTPUT)
    options.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    asked = options.parse_args(words)
    former = json.loads(asked.output.read_text("utf-8")) if asked.output.is_file() else []
    rows = {_minor(row): row for row in former}
    for python in asked.pythons:
        row = run_tests(python)
        rows[_minor(row)] = row
        write_json(asked.output, [rows[minor] for minor in sorted(rows)])
    write_between(asked.page, "interpreters", section([rows[minor] for minor in sorted(rows)]))
    if failed := [row["python"] for row in rows.values() if row["failed"]]:
        sys.exit(f"tests failed on {', '.join(failed)}")


def _minor(row: Row) -> tuple[int, ...]:
    return tuple(map(int, row["python"].split(".")[:2]))


if __name__ == "__main__":
    main()
