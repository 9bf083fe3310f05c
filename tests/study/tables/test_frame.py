"""The paper's numbers beside ours, and tables that belong to a plan."""

import pytest

from medssl.study.tables import MADE, Table, is_missing
from medssl.study.tables.frame import (
    COLUMNS,
    framed,
    low_is_best,
    read_paper,
    with_direction,
)

from ..results import planned
from ..studies import STUDY

LINES = """experiment,row,column,value,unit,source,doubt
a,scratch,x,60,%,Table 1,
a,mg,x,62.5,%,Table 1,odd
a,mg,y,1.5,points,Table 1,
a,mg,z,0.005,,Table 1,
a,mg,w,,%,Table 1,lost
b,mg,x,99,%,Table 2,
"""


@pytest.fixture
def printed(tmp_path):
    path = tmp_path / "paper.csv"
    path.write_text(LINES, encoding="utf-8")
    return read_paper(path)


def test_numbers_of_the_paper_come_as_fractions_gains_and_plain_ones(printed):
    rows = [{"row": "mg", "column": column, "baseline": "scratch"} for column in "xyzwv"]
    found = framed(rows, printed, "a").set_index("column")
    assert found.loc["x", "paper"] == pytest.approx(0.625)
    assert found.loc["x", "paper_difference"] == pytest.approx(0.025)
    assert found.loc["y", "paper_difference"] == pytest.approx(0.015)
    assert found.loc["z", "paper"] == 0.005
    assert found.loc[["y", "w", "v"], "paper"].isna().all()
    assert found["doubt"].fillna("none").tolist() == ["odd", "", "", "lost", "none"]
    assert list(framed(rows, printed, "b").columns) == list(COLUMNS)


def test_a_table_belongs_to_plans_that_have_one_of_its_experiments():
    assert MADE["table3"].belongs_to(planned())
    assert not Table("t", "T", list, "", ("table9",)).belongs_to(planned())


def test_what_is_missing_says_so():
    words = ["not run", "not feasible: too few", "", "baseline", "gain"]
    assert [is_missing(word) for word in words] == [True, True, False, False, False]


def test_numbers_of_the_paper_are_of_tables_that_are_made():
    known = read_paper(STUDY / "paper_numbers.csv")["experiment"]
    assert set(known) <= set(MADE)


@pytest.mark.parametrize(
    ("column", "low", "said"),
    [
        ("parts dice, 4 subjects", False, ""),
        ("hd95 dice", False, ""),  # a task of that name
        ("parts hd95, 4 subjects", True, ", lower is better"),
        ("parts assd, area under the label curve", True, ", lower is better"),
        ("pretext mse", True, ", lower is better"),
        ("parts gain of the area, lower is better", True, ""),
        ("mean rank in 3 tasks, 1 the best", True, ""),
        ("", False, ""),
    ],
)
def test_titles_tell_what_is_better(column, low, said):
    assert low_is_best(column) is low
    assert with_direction(column) == column + said
