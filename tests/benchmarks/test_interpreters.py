"""Versions of Python have a row each, which is theirs."""

import json
import sys

import pytest
import torch

import interpreters
from interpreters import ROOT, main, run_tests, section, versions


def test_an_interpreter_is_told_by_its_own_words():
    assert versions(sys.executable) == (sys.version.split()[0], torch.__version__)


def test_tests_are_counted_as_they_end(tmp_path):
    (tmp_path / "test_four.py").write_text(
        "import pytest\ndef test_one(): pass\ndef test_two(): pass\n"
        "def test_three(): assert False\n@pytest.mark.skip\ndef test_four(): pass\n"
    )
    row = run_tests(sys.executable, [str(tmp_path), "-n", "0", "-p", "no:cacheprovider"])
    assert [row[key] for key in ("passed", "failed", "skipped")] == [2, 1, 1]
    assert row["python"] == sys.version.split()[0]
    assert {"date", "commit", "device"} <= row.keys()


def test_a_row_replaces_that_of_its_version_and_failures_fail(tmp_path, monkeypatch):
    page, output = tmp_path / "page.md", tmp_path / "rows.json"
    page.write_text("<!-- interpreters: begin -->\n<!-- interpreters: end -->\n")
    about = {"torch": "2", "skipped": 0, "date": "2026-01-02", "commit": "abc"}
    made = {
        "a": {"python": "3.9.1", "passed": 4, "failed": 1, **about},
        "b": {"python": "3.10.2", "passed": 5, "failed": 0, **about},
        "c": {"python": "3.9.7", "passed": 6, "failed": 0, **about},
    }
    monkeypatch.setattr(interpreters, "run_tests", made.__getitem__)
    words = ["--output", str(output), "--page", str(page)]
    with pytest.raises(SystemExit, match=r"tests failed on 3\.9\.1"):
        main(["a", "b", *words])
    main(["c", *words])
    assert [row["python"] for row in json.loads(output.read_text())] == ["3.9.7", "3.10.2"]
    assert "| 3.9.7 | 2 | 6 | 0 | 0 | 2026-01-02 | abc |\n| 3.10.2 | 2 | 5 |" in page.read_text()


def test_the_page_says_what_its_rows_say():
    rows = json.loads((ROOT / "docs" / "reliability_interpreters.json").read_text())
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    begin, end = (f"<!-- interpreters: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(rows)}"
