"""Counts of lines become a table of rooms and one of files that are run too little."""

import pytest

import coverage_page
from coverage_page import fault, main, ranges, section
from measured import made_now
from suite import FailedSuiteError, Passed


@pytest.mark.parametrize(
    ("lines", "told"), [([], ""), ([7], "7"), ([3, 4, 5, 9], "3-5, 9"), ([2, 1], "1-2")]
)
def test_neighbours_are_told_as_a_range(lines, told):
    assert ranges(lines) == told


def counted(lines, missing):
    summary = {"num_statements": lines, "covered_lines": lines - len(missing)}
    summary["percent_covered"] = 100 * (1 - len(missing) / lines)
    return {"summary": summary, "missing_lines": missing}


def test_rooms_are_added_up_and_the_least_files_told():
    files = {
        "shared/medssl/cli.py": counted(10, []),
        "shared/medssl/store/lock.py": counted(100, [3, 4, 8]),
        "shared/medssl/store/marks.py": counted(100, list(range(1, 21))),
    }
    told = section(files, Passed(1001, 6))
    assert "1,001 of them, all of which pass" in told
    made = made_now()
    assert f" {made['date']}, commit {made['commit']}, {made['device']}.\n" in told
    assert "| no room | 1 | 10 | 0 | 100.0% |" in told
    assert "| store | 2 | 200 | 23 | 88.5% |" in told
    assert "| all | 3 | 210 | 23 | 89.0% |" in told
    assert told.endswith("|---|---|---|\n| store/marks.py | 80% | 1-20 |\n\n")


@pytest.mark.parametrize(
    ("missing", "told"), [(10, ""), (11, "94.5% of all lines ran, at least 95% wanted")]
)
def test_too_few_lines_of_all_are_a_fault_however_few_of_one_file(missing, told):
    files = {"a.py": counted(180, []), "b.py": counted(20, list(range(missing)))}
    assert fault(files) == told


def test_a_suite_that_failed_or_ran_nothing_writes_no_section(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(before := "<!-- coverage: begin -->\nas it was\n<!-- coverage: end -->\n")
    words = ["--work", str(tmp_path / "work"), "--page", str(page)]

    def run(*_):
        raise FailedSuiteError("pytest ended with 5: 0 passed, 0 failed, 0 skipped")

    monkeypatch.setattr(coverage_page, "run_suite", run)
    with pytest.raises(SystemExit, match=r"pytest ended with 5: 0 passed.* is as it was"):
        main(words)
    assert page.read_text() == before


def test_lines_of_a_suite_that_passed_are_written(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("<!-- coverage: begin -->\n<!-- coverage: end -->\n")
    files = {"shared/medssl/cli.py": counted(10, [3])}
    monkeypatch.setattr(coverage_page, "measure", lambda *_: (files, Passed(7, 1)))
    with pytest.raises(SystemExit, match=r"90\.0% of all lines ran"):
        main(["--page", str(page)])
    assert "| all | 1 | 10 | 1 | 90.0% |" in page.read_text()
