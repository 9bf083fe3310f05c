"""Counts of lines become a table of rooms and one of files that are run too little."""

import pytest

from coverage_page import fault, ranges, section
from measured import made_now


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
    tests = {"tests": "1007", "skipped": "6", "failures": "1", "errors": "1"}
    told = section(files, tests)
    assert "1,001 of them (2 failed" in told
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
