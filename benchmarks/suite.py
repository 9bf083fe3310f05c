"""The fast tests as a benchmark runs them: counted where they passed, else told and not counted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree  # nosec B405

from steps import ROOT


class Passed(NamedTuple):
    """Tests of a suite without a failure: those that ran, and those that were skipped."""

    passed: int
    skipped: int


class FailedSuiteError(Exception):
    """Tests failed, none ran, or pytest itself broke off: there is nothing to count."""


def run_suite(
    python: Sequence[str],
    report: Path,
    words: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Passed:
    """Run the tests in parallel.

    Args:
        python: an interpreter, and what stands between it and ``-m pytest``.
        report: file for pytest's own counts; what was there is replaced.
        words: for pytest; all fast tests by default.
        environment: variables beside those of this process.

    Raises:
        FailedSuiteError: pytest's exit status is not 0, or no test passed.
    """
    report.unlink(missing_ok=True)
    pytest = ["-m", "pytest", "-n", "auto", "--dist", "worksteal", f"--junitxml={report}"]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run([*python, *pytest, *words], cwd=ROOT, env=variables, check=False)
    if not report.is_file():
        raise FailedSuiteError(f"pytest ended with {done.returncode} and counted nothing")
    # pytest has just written it
    told = next(ElementTree.parse(report).iter("testsuite")).attrib  # nosec B314
    failed, skipped = int(told["failures"]) + int(told["errors"]), int(told["skipped"])
    passed = int(told["tests"]) - failed - skipped
    # The status tells what no count does, such as a worker that died; the counts, that all skipped.
    if done.returncode or failed or not passed:
        counts = f"{passed} passed, {failed} failed, {skipped} skipped"
        raise FailedSuiteError(f"pytest ended with {done.returncode}: {counts}")
    return Passed(passed, skipped)
