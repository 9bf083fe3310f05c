"""A table is read whole and once, or refused in one line."""

import pytest

from medssl.analysis.table_rows import number, probability, read_rows, refuse_repeated
from medssl.errors import UserError


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rows_are_by_column_with_and_without_the_mark_of_spreadsheets(mark, tmp_path):
    (tmp_path / "t.csv").write_bytes(mark + b'filename,x\n"a,b",1\nc,2\n')
    assert read_rows(tmp_path / "t.csv") == [
        {"filename": "a,b", "x": "1"},
        {"filename": "c", "x": "2"},
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty, expected a row for each case"),
        (b"\xef\xbb\xbf", "empty, expected"),
        (b"filename,x\n", "no row below line 1, expected"),
        (b"filename,x,x\na,1,2\n", "line 1: several columns 'x', expected one"),
        (b"filename,x\na,1\nb\n", "line 3 has other columns than line 1"),
        (b"filename,x\na,1,2\n", "line 2 has other columns than line 1"),
        (b"filename,x\n\xff,1\n", "not readable"),
        (None, "not readable"),
    ],
)
def test_tables_that_are_damaged_are_refused(content, said, tmp_path):
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UserError, match=rf"t\.csv: {said}.*; evaluate again$"):
        read_rows(tmp_path / "t.csv")


def test_cases_stand_once_and_cells_are_numbers(tmp_path):
    path = tmp_path / "t.csv"
    refuse_repeated(path, ["a", "b"])
    with pytest.raises(UserError, match=r"t\.csv: several rows of 'b', expected one"):
        refuse_repeated(path, ["a", "b", "b"])
    assert number("1e-1", path) == 0.1
    for text in ("x", "", "inf", "-1e999", "1_0"):
        with pytest.raises(UserError, match=rf"t\.csv: '{text}', expected a number"):
            number(text, path)


def test_probabilities_are_from_0_to_1_but_for_rounding(tmp_path):
    path = tmp_path / "t.csv"
    assert probability("0.25", path) == 0.25
    assert probability("1.000001", path) > 1
    for text in ("1.5", "-0.5", "nan"):
        with pytest.raises(UserError, match=rf"t\.csv: {text}, expected a probability, 0 to 1"):
            probability(text, path)
