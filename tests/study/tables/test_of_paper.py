"""Every table and figure of the paper's experiments, and every number that it prints."""

import pandas as pd
import pytest

from medssl.study.tables import COLUMNS, MADE, POINTS, is_missing, read_paper
from medssl.study.tables.of_paper import OF_PAPER

from ..made_up import made_up
from ..studies import STUDY

PAPER = read_paper(STUDY / "paper_numbers.csv")
SHOWN = (
    *("table3", "table4", "table5", "table6", "table7", "theorem1", "theorem2"),
    *("fig2", "fig4", "fig6", "fig7", "fig8", "fig9", "fig11", "fig12"),
    *("appendix_fig1", "appendix_fig2", "appendix_table2", "appendix_table3"),
)


@pytest.fixture(scope="module")
def nothing():
    """The whole plan without a run."""
    names = {name for each in MADE.values() for name in each.experiments}
    known = [name for name in names if name not in ("handed_over", "scheme", "augmentation")]
    return made_up(*sorted(known), "hard_easy", seeds=(0,), without=lambda run: True)


def test_all_of_them_are_made():
    assert sorted(each.name for each in OF_PAPER) == sorted(SHOWN)
    assert len({each.title for each in OF_PAPER}) == len(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_what_was_not_run_is_said_and_the_papers_numbers_stand_there(name, nothing):
    frame = MADE[name].make(nothing, PAPER)
    assert list(frame.columns) == list(COLUMNS)
    assert not frame.duplicated(["row", "column"]).any()
    if not name.startswith("theorem"):
        assert frame["verdict"].map(is_missing).all()
    own = PAPER[PAPER["experiment"] == name]
    places = set(zip(frame["row"], frame["column"], strict=True))
    assert set(zip(own["row"], own["column"], strict=True)) <= places
    assert list(MADE[name].points(nothing).columns) == list(POINTS)


def test_numbers_that_were_lost_say_so():
    lost = PAPER[PAPER["value"].isna()]
    assert len(lost) == 2 + 7
    assert lost["doubt"].str.contains("lost").all()


def test_gains_of_table_7_fit_their_brackets():
    """Brackets: what pretraining adds to resampling; those that were printed."""
    own = PAPER[PAPER["experiment"] == "table7"].set_index(["row", "column"])["value"]
    brackets = {
        ("mg", "auc, r 0.01, N 5000"): 6.10,
        ("mg", "sensitivity, r 0.01, N 5000"): 13.28,
        ("mg", "auc, r 0.05, N 5000"): 10.20,
        ("mg", "sensitivity, r 0.05, N 15000"): 8.09,
        ("mg", "auc, r 0.1, N 5000"): 4.68,
        ("pcrl", "auc, r 0.01, N 10000"): 4.93,
        ("pcrl", "auc, r 0.05, N 5000"): 2.33,
    }
    for (method, column), added in brackets.items():
        with_it, alone = (own[f"{m}, mean resampling", column] for m in (method, "scratch"))
        assert with_it - alone == pytest.approx(added, abs=0.011)


def test_each_number_has_its_source():
    assert PAPER["source"].ne("").all()
    assert not PAPER.duplicated(["experiment", "row", "column"]).any()
    assert pd.api.types.is_float_dtype(PAPER["value"])
