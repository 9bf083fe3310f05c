"""Rows say of themselves when they were measured, and a page says so of all of them."""

import re

import pytest

from measured import made_now, when_measured

OLD = {"seconds": 3}
FIRST = {**OLD, "date": "2026-11-27", "commit": "aaa"}
SECOND = {**OLD, "date": "2026-12-01", "commit": "bbb"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([OLD, OLD], "2 of 2 rows are older and say neither date nor commit."),
        ([FIRST, FIRST], "Measured 2026-11-27 by commit aaa."),
        ([SECOND, FIRST], "Measured 2026-11-27 to 2026-12-01 by 2 commits."),
        (
            [FIRST, OLD],
            "Measured 2026-11-27 by commit aaa; "
            "1 of 2 rows are older and say neither date nor commit.",
        ),
    ],
)
def test_dates_commits_and_rows_without_them_are_told(rows, told):
    assert when_measured(rows) == told


def test_a_row_keeps_date_commit_and_versions_of_its_own():
    made = made_now("pydicom")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", made["date"])
    assert re.fullmatch(r"[0-9a-f]{10,}(-dirty)?|unknown", made["commit"])
    assert {"python", "torch", "pydicom"} <= made["versions"].keys()
    assert when_measured([made]) == f"Measured {made['date']} by commit {made['commit']}."
