"""Table 3 from results that were written by hand: the known gain is found, the other is not."""

import math

import numpy as np
import pandas as pd
import pytest

from medssl.study.store import collect
from medssl.study.tables import COLUMNS, methods, read_paper
from medssl.study.tables.methods import table3

from ..results import CASES, PATIENTS, dice, write_results
from ..studies import STUDY

PAPER = read_paper(STUDY / "paper_numbers.csv")


@pytest.fixture
def frame(tmp_path, monkeypatch):
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "dice"), ("ncc", "auc")))
    found = table3(collect(write_results(tmp_path)), PAPER)
    return found.set_index(["row", "column"], drop=False)


def oracle(start):
    return [
        np.mean([dice(start, seed, p, c) for p in range(PATIENTS) for c in range(CASES)])
        for seed in (0, 1, 2)
    ]


def test_means_and_spread_are_those_counted_by_hand(frame):
    for start in ("scratch", "mg", "jig"):
        row = frame.loc[start, "ncs dice"]
        assert row["mean"] == pytest.approx(np.mean(oracle(start)))
        assert row["sd"] == pytest.approx(np.std(oracle(start), ddof=1))
        assert (row["seeds"], row["patients"]) == (3, PATIENTS)
        assert row["low"] < row["mean"] < row["high"]
        assert len(row["keys"].split()) == 3


def test_a_gain_is_called_so_and_nothing_else_is(frame):
    gain, none = frame.loc["mg", "ncs dice"], frame.loc["jig", "ncs dice"]
    assert gain["verdict"] == "gain"
    expected = np.mean(oracle("mg")) - np.mean(oracle("scratch"))
    assert gain["difference"] == pytest.approx(expected)
    assert gain["p_adjusted"] >= gain["p"]
    assert none["verdict"] == "no evidence of gain"
    assert frame.loc["scratch", "ncs dice"]["verdict"] == "baseline"
    assert math.isnan(frame.loc["scratch", "ncs dice"]["difference"])


def test_the_papers_figures_stand_beside_ours(frame):
    row = frame.loc["mg", "ncs dice"]
    assert row["paper"] == pytest.approx(0.7569)
    assert row["paper_difference"] == pytest.approx(0.7569 - 0.7379)
    assert list(frame.columns) == list(COLUMNS)


def test_a_start_without_runs_is_said_and_the_others_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "dice"),))
    found = table3(collect(write_results(tmp_path, left_out=("jig",))), PAPER)
    words = found.set_index("row")["verdict"]
    assert words.to_dict() == {"scratch": "baseline", "mg": "gain", "jig": "not run"}
    assert pd.isna(found.set_index("row").loc["jig", "mean"])
    assert found.set_index("row").loc["jig", "paper"] == pytest.approx(0.7523)


def test_without_a_baseline_there_are_means_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "dice"),))
    found = table3(collect(write_results(tmp_path, left_out=("scratch",))), PAPER)
    words = found.set_index("row")["verdict"]
    assert words.to_dict() == {"scratch": "not run", "mg": "", "jig": ""}


def test_the_papers_table_is_whole_and_its_oddity_is_marked():
    own = PAPER[PAPER.experiment == "table3"]
    assert len(own) == 11 * 6
    doubtful = own[own.doubt != ""]
    assert [tuple(row) for row in doubtful[["row", "column"]].values] == [("rpl", "ncs miou_plus")]
    best = own[own.column == "ncs dice"].sort_values("value").row.tolist()[-2:]
    assert best == ["rpl", "byol"]
