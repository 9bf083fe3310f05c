"""The command that writes the rows of odd scans fails where a row is not as it has to be."""

from dataclasses import replace

import pytest

import odd_scans
from odd_rows import load_rows
from odd_scans import faults, main

ROWS = load_rows()


def changed(case, **entries):
    return [replace(row, **entries) if row.case == case else row for row in ROWS]


def test_the_rows_of_the_page_are_as_they_have_to_be():
    assert faults(ROWS) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (changed("plain", preparation="1.00 mm, +0.1 %"), "preparation: 1.00 mm, +0.1 %"),
        (changed("plain", inference="0.04 mm, -3.0 %"), "inference: 0.04 mm, -3.0 %"),
        (changed("plain", inference="refused: no word"), "inference: refused: no word"),
        (changed("plain", inference=""), "inference: "),
        (changed("gap", preparation="0.00 mm, +0.1 %"), "preparation: 0.00 mm, +0.1 %, expected"),
        (changed("gap", preparation="refused: odd"), "preparation: refused: odd, expected"),
        (changed("gap", inference="refused: no word"), "inference: refused: no word"),
        ([row for row in ROWS if row.case != "gap"], "gap: 0 scans found, 1 written"),
        ([row for row in ROWS if row.scan != "1.2.3.5"], "two_series: 1 scans found, 2 written"),
    ],
)
def test_what_is_off_refused_otherwise_or_missing_is_a_fault(rows, told):
    (line,) = faults(rows)
    assert told in line


@pytest.mark.parametrize(
    ("rows", "told"),
    [(ROWS, None), (changed("gap", inference="refused: no word"), "inference: refused: no word")],
)
def test_the_command_fails_once_the_page_is_written(rows, told, tmp_path, monkeypatch):
    saved = []
    for step in ("write_cases", "prepare", "infer"):
        monkeypatch.setattr(odd_scans, step, lambda *_: None)
    monkeypatch.setattr(odd_scans, "list_rows", lambda _: [(row, None) for row in rows])
    monkeypatch.setattr(odd_scans, "save", lambda found, _: saved.extend(found))
    with pytest.raises(SystemExit, match=told) as ended:
        main(["--work", str(tmp_path), "--output", str(tmp_path / "page.md")])
    assert saved == rows
    assert (ended.value.code is None) == (told is None)
