"""What was measured is kept with its day, its device and the versions of all that was compared."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

import provenance as module
from provenance import OTHERS, measured_lines, provenance, told


def test_versions_of_others_are_kept_where_they_are_installed(monkeypatch):
    monkeypatch.setattr(module, "OTHERS", ("pytest", "no-such-package-at-all"))
    found = provenance("a GPU")
    assert found["device"] == "a GPU"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
    assert found["versions"]["torch"] == version("torch")
    assert found["versions"]["pytest"] == version("pytest")
    assert "no-such-package-at-all" not in found["versions"]
    assert told(found["versions"]).endswith(f", pytest {version('pytest')}")


@pytest.mark.parametrize("package", OTHERS)
def test_they_are_those_that_the_benchmarks_install(package):
    requirements = Path(module.__file__).parents[1] / "requirements-bench.txt"
    assert f"\n{package}==" in requirements.read_text(encoding="utf-8")


def test_what_was_measured_alike_shares_a_line():
    one = {"date": "2026-01-02", "device": "a CPU", "versions": {"torch": "2", "monai": "1"}}
    other, noted = {**one, "commit": "aaa"}, {**one, "note": "by a former way"}
    lines = measured_lines({"a": one, "b": noted, "c": one, "d": other, "e": other})
    same = "a CPU, 2026-01-02; torch 2, monai 1"
    by = "a CPU, 2026-01-02 by commit aaa; torch 2, monai 1"
    assert lines == f"- a, c: {same}.\n- b: {same}; by a former way.\n- d, e: {by}.\n"
