"""Table 3: the known gain is found, the other is not, and the paper's figures stand beside."""

import pytest

from medssl.study.settings import read_settings
from medssl.study.tables import COLUMNS, MADE, read_paper
from medssl.study.tables.methods import TABLE3

from ...bundles.test_run import METRICS
from ..made_up import AVERAGE, made_up
from ..studies import STUDY

PAPER = read_paper(STUDY / "paper_numbers.csv")
PROBED = {
    **{"pretrained, linear": 0.8, "untrained, linear": 0.7},
    **{"pretrained, kNN": 0.6, "untrained, kNN": 0.65},
}


@pytest.fixture(scope="module")
def frame():
    store = made_up("table3", "frozen", figures=lambda run: PROBED if run.kind == "probe" else {})
    return MADE["table3"].make(store, PAPER).set_index(["row", "column"], drop=False)


def test_every_start_stands_beside_scratch_in_every_column(frame):
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 11 * 6 + 10 * 6
    for column in ("ncs dice", "ncs miou", "lcs dice", "lcs iou"):
        assert frame.loc[("mg", column), "mean"] == pytest.approx(0.6 + AVERAGE)
        words = [frame.loc[(row, column), "verdict"] for row in ("scratch", "mg", "rot")]
        assert words == ["baseline", "gain", "no evidence of gain"]


def test_an_auc_is_that_of_its_pairs(frame):
    """Of 12 nodules 7 (0.6 of them, rounded) are above the other candidates, 5 below."""
    assert frame.loc[("mg", "ncc auc"), "mean"] == pytest.approx(7 / 12)
    assert frame.loc[("scratch", "ncc auc"), "mean"] == pytest.approx(6 / 12)


def test_the_papers_figures_stand_beside_ours(frame):
    row = frame.loc[("mg", "ncs dice")]
    assert row["paper"] == pytest.approx(0.7569)
    assert row["paper_difference"] == pytest.approx(0.7569 - 0.7379)
    assert frame.loc[("rpl", "ncs miou_plus"), "doubt"].startswith("second best dice")


def test_probes_stand_beside_fine_tuning(frame):
    row = frame.loc[("mg", "ncs linear probe auc")]
    assert (row["mean"], row["difference"]) == pytest.approx((0.8, 0.1))
    assert frame.loc[("mg", "lcs nearest neighbours auc"), "difference"] == pytest.approx(-0.05)


def test_the_papers_table_is_whole():
    own = PAPER[PAPER.experiment == "table3"]
    assert len(own) == 11 * 6
    best = own[own.column == "ncs dice"].sort_values("value").row.tolist()[-2:]
    assert best == ["rpl", "byol"]


def test_its_metrics_are_those_that_the_tasks_evaluations_have():
    tasks = read_settings(STUDY / "study.yaml")["tasks"]
    assert all(metric in METRICS[tasks[task]["bundle"]] for task, metric in TABLE3)
