"""Tables of a user's own classes: what is read, and what is refused in one line."""

import random

import pytest

from medssl.errors import UserError
from medssl.store import check_names, table_classes
from medssl.store.case_table import (
    CaseRow,
    check_table,
    copy_table,
    find_case_table,
    natural,
    read_case_table,
)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_of_scans_and_of_regions(tmp_path):
    text = (
        "\ufeffx , y,z,label,case,note\n,,,benign,a,\n1,-2.5,3e1, malignant ,b,x\n\n4,5,6,2,b,y\n"
    )
    assert read_case_table(write(tmp_path / "t.csv", text)) == [
        CaseRow("a", "benign", None, 2),
        CaseRow("b", "malignant", (1.0, -2.5, 30.0), 3),
        CaseRow("b", "2", (4.0, 5.0, 6.0), 5),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: no column case, label among none; expected a CSV table"),
        ("case;label\na;1\n", "line 1: separated by semicolons; save it with commas"),
        ("case\tlabel\na\t1\n", "line 1: separated by tabs; save it with commas (CSV UTF-8)"),
        ("case,label,label\na,1,2\n", "line 1: 2 columns label, expected one; remove or rename"),
        ("case,x,label,case,case\na,1,2,b,c\n", "line 1: 3 columns case, expected one"),
        ("case,label,x,y,z,x\na,1,2,3,4,5\n", "line 1: 2 columns x, expected one"),
        (
            "Case,LABEL\na,1\n",
            "line 1: no column case, label among Case, LABEL; write Case, LABEL in small letters; ",
        ),
        ("case,class\na,1\n", "line 1: no column label among case, class"),
        ("case,label,x,y\na,1,2,3\n", "line 1: no column z among"),
        ("case,label\na,1\nb, \n", "line 3, column label: empty; fill or remove"),
        ("case,label\n,1\n", "line 2, column case: empty"),
        ("case,label\na,1,2\n", "line 2: 3 cells, expected 2 as in line 1"),
        ("case,label,x,y,z\na,1,1,2,\n", "line 2, columns x,y,z: '1,2,', expected three numbers"),
        ("case,label,x,y,z\na,1,1,2,inf\n", "line 2, columns x,y,z: '1,2,inf'"),
        ("case,label\na,1\nb,2\na,1\n", "line 4: a stands in line 2 already; give x,y,z in both"),
        ("case,label,x,y,z\na,1,1,2,3\na,2,,,\n", "line 3: a stands in line 2 already"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_row(tmp_path, text, expected):
    with pytest.raises(UserError) as error:
        read_case_table(write(tmp_path / "t.csv", text))
    assert str(error.value).startswith(f"{tmp_path / 't.csv'}: {expected}")
    assert "\n" not in str(error.value)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(UserError, match=r"t\.csv: no such file; expected a CSV table"):
        read_case_table(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_bytes(b"case,label\n\xff\xfe,1\n")
    with pytest.raises(UserError, match=r"t\.csv: not UTF-8 .*; save it as CSV UTF-8$"):
        read_case_table(tmp_path / "t.csv")


def test_scans_that_are_not_there_and_single_classes_are_refused(tmp_path):
    rows = [CaseRow("a", "1", None, 2), CaseRow("b", "2", None, 3)]
    check_table(tmp_path / "t.csv", rows, {"a", "b", "c"})
    with pytest.raises(UserError, match=r"line 3, column case: b is none of the 2 .*such as a, c"):
        check_table(tmp_path / "t.csv", rows, {"a", "c"})
    with pytest.raises(UserError, match=r"column label: one class alone \(1\), expected two"):
        check_table(tmp_path / "t.csv", rows[:1], {"a"})
    with pytest.raises(UserError, match="column label: no row"):
        check_table(tmp_path / "t.csv", [], {"a"})


def test_classes_stand_in_the_order_in_which_people_count():
    expected = ["-10", "-2", "0", "1", "1.5", "2", "10", "grade 2", "grade 10", "grade b", "x"]
    shuffled = expected[:]
    random.Random(0).shuffle(shuffled)
    assert natural(shuffled) == expected


def test_classes_of_a_folder_are_those_of_its_table(tmp_path):
    assert table_classes(tmp_path / "nowhere") == ["0", "1"]
    (tmp_path / "datalist.json").write_text("{}")
    with pytest.raises(UserError, match=r"table: no labels\.csv in .*; prepare it with --table"):
        table_classes(tmp_path)
    write(tmp_path / "labels.csv", "case,label\na,10\nb,9\nc,10\n")
    assert table_classes(tmp_path) == ["9", "10"]
    other = write(tmp_path / "other.csv", "case,label\na,p\nb,q\n")
    assert table_classes(tmp_path / "nowhere", other) == ["p", "q"]
    assert find_case_table(tmp_path, "other.csv") == other


def test_a_copy_is_the_same_to_the_byte(tmp_path):
    source = write(tmp_path / "mine.csv", "case,label\r\na,\u00fc\r\n")
    (tmp_path / "data").mkdir()
    copy_table(source, tmp_path / "data")
    assert (tmp_path / "data" / "labels.csv").read_bytes() == source.read_bytes()


def test_names_are_text_and_two_or_more():
    assert check_names([0, "b"]) == ["0", "b"]
    for wrong in (["a"], ["1", 1], "ab", []):
        with pytest.raises(UserError, match=r"classes: .*two or more different names"):
            check_names(wrong)


@pytest.mark.parametrize(("one", "other"), [("gut", "Gut"), ("1", "1.0"), ("2.00", "2")])
def test_names_that_people_write_now_so_now_so_are_refused(tmp_path, one, other):
    rows = [CaseRow(case, label, None, 2) for case, label in zip("abc", (one, "x", other))]
    with pytest.raises(UserError, match="would be two classes"):
        check_table(tmp_path / "t.csv", rows, set("abc"))
    check_table(tmp_path / "t.csv", [*rows[:2], CaseRow("c", "1.5", None, 2)], set("abc"))
