"""Table 5: each size beside its method's own, and the scans that it was made from."""

import math
from dataclasses import replace

import pytest

from medssl.study.tables.sizes import SCANS, size_points, table5

from ..made_up import made_up, table

SIZES = {"rot48": 0.4, "rot": 0.5, "rot128": 0.6, "rpl48": 0.5, "rpl": 0.5, "rpl96": 0.3}
STORE = made_up(
    "table5", level=lambda run: SIZES[run.start], figures=lambda run: {"accuracy": SIZES[run.start]}
)


def test_sizes_are_compared_within_their_method():
    found = table(table5(STORE))
    gaps = [found.loc[row, "ncs dice"]["difference"] for row in ("rot48", "rot128", "rpl96")]
    assert gaps == pytest.approx([-0.1, 0.1, -0.2])
    assert found.loc["rpl48", "lcs dice"]["baseline"] == "rpl"
    assert found.loc["rot", "lcs dice"]["verdict"] == "baseline"


def test_pretext_accuracy_and_scans_come_from_the_pretrainings():
    found = table(table5(STORE))
    assert found.loc["rot128", "pretext accuracy"]["difference"] == pytest.approx(0.1)
    assert set(found.xs(SCANS, level="column")["mean"]) == {40}
    assert set(found.xs(SCANS, level="column")["verdict"]) == {""}


def test_points_lie_over_the_sizes_of_the_pretexts_input():
    points = size_points(STORE)
    own = {(p["row"], p["x"]): p["y"] for p in points if p["column"] == "pretext accuracy"}
    assert own == {
        **{("rot", 48): 0.4, ("rot", 64): 0.5, ("rot", 128): 0.6},
        **{("rpl", 48): 0.5, ("rpl", 64): 0.5, ("rpl", 96): 0.3},
    }
    assert len(points) == 6 * 4


def test_other_scans_are_told_and_nothing_is_claimed():
    runs = STORE.runs.copy()
    runs.loc[(runs["kind"] == "pretrain") & (runs["start"] == "rpl96"), "training_scans"] = 31
    found = table(table5(replace(STORE, runs=runs)))
    row = found.loc["rpl96", "ncs dice"]
    assert (row["verdict"], math.isnan(row["p"])) == ("other scans than rpl", True)
    assert row["difference"] == pytest.approx(-0.2)
    assert found.loc["rot128", "ncs dice"]["verdict"] == "gain"
