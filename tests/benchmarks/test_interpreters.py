"""Versions of Python have a row each, which is theirs."""

import json
import sys

import pytest
import torch

import interpreters
from interpreters import ROOT, main, run_tests, section, versions
from suite import FailedSuiteError


def test_an_interpreter_is_told_by_its_own_words():
    assert versions(sys.executable) == (sys.version.split()[0], torch.__version__)


TEST = "def test_one(): pass\n"
SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_two(): pass\n"


def test_tests_are_counted_as_they_end(tmp_path):
    (tmp_path / "test_two.py").write_text(TEST + SKIPPED)
    row = run_tests(sys.executable, [str(tmp_path), "-n", "0", "-p", "no:cacheprovider"])
    assert [row[key] for key in ("passed", "skipped")] == [1, 1]
    assert row["python"] == sys.version.split()[0]
    assert {"date", "commit", "device"} <= row.keys()


def row_of(python, passed):
    made = {"skipped": 0, "date": "2026-01-02", "commit": "abc"}
    return {"python": python, "torch": "2", "passed": passed, **made}


def test_a_row_replaces_that_of_its_version_but_not_where_the_suite_failed(tmp_path, monkeypatch):
    page, output = tmp_path / "page.md", tmp_path / "rows.json"
    page.write_text("<!-- interpreters: begin -->\n<!-- interpreters: end -->\n")
    made = {"a": row_of("3.9.1", 4), "c": row_of("3.10.2", 5), "d": row_of("3.9.7", 6)}

    def run(python):
        if python not in made:
            raise FailedSuiteError("pytest ended with 5: 0 passed, 0 failed, 0 skipped")
        return made[python]

    monkeypatch.setattr(interpreters, "run_tests", run)
    words = ["--output", str(output), "--page", str(page)]
    with pytest.raises(SystemExit, match=r"^b: pytest ended with 5: .*; it has no new row$"):
        main(["a", "b", "c", *words])
    assert [row["passed"] for row in json.loads(output.read_text())] == [4, 5]
    main(["d", *words])
    assert [row["python"] for row in json.loads(output.read_text())] == ["3.9.7", "3.10.2"]
    assert "| 3.9.7 | 2 | 6 | 0 | 2026-01-02 | abc |\n| 3.10.2 | 2 | 5 |" in page.read_text()


def test_the_page_says_what_its_rows_say():
    rows = json.loads((ROOT / "docs" / "reliability_interpreters.json").read_text())
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    begin, end = (f"<!-- interpreters: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(rows)}"
