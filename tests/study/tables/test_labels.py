"""The label curve: areas worked out by hand, tested; each number of labels without claims."""

import math
from itertools import pairwise

import pandas as pd
import pytest

from medssl.study.tables.areas import areas
from medssl.study.tables.labels import label_curve, label_points
from medssl.study.tables.wording import counted

from ..made_up import AVERAGE, SUBJECTS, by_distance, made_up, table

FRACTIONS = (0.05, 0.1, 0.25, 0.5, 1)
AREA = "ncs dice, area under the label curve"


def level(run):
    """Scratch is 0.2 over all; mg begins at 0.5 and falls to it in equal steps of the fractions."""
    place = FRACTIONS.index(run.keys.get("label_fraction", 1))
    return 0.2 + (0.3 - 0.075 * place) * (run.start == "mg")


STORE = made_up("labels", level=level)


def test_the_area_is_the_mean_height_over_the_logarithm_of_the_subjects():
    subjects = [math.log(SUBJECTS * fraction) for fraction in FRACTIONS]
    gains = [0.3 - 0.075 * place for place in range(5)]
    widths = [b - a for a, b in pairwise(subjects)]
    heights = [(a + b) / 2 for a, b in pairwise(gains)]
    gain = sum(w * h for w, h in zip(widths, heights, strict=True)) / sum(widths)
    mg = table(areas(STORE, "ncs")).loc["mg", AREA]
    assert mg["difference"] == pytest.approx(gain)
    assert mg["mean"] == pytest.approx(0.2 + gain + AVERAGE)
    assert (mg["verdict"], mg["seeds"], len(mg["keys"].split())) == ("gain", 3, 15)
    assert mg["p_adjusted"] == pytest.approx(10 * mg["p"])


def test_levels_are_named_by_their_subjects_and_claim_nothing():
    found = table(label_curve(STORE))
    for subjects, gain in zip((1, 2, 5, 10, 20), (0.3, 0.225, 0.15, 0.075, 0), strict=True):
        row = found.loc["mg", f"ncs dice, {counted(subjects, 'subject')}"]
        assert row["difference"] == pytest.approx(gain)
        assert (row["verdict"], math.isnan(row["p"])) == ("", True)
    fewest = found.xs("ncs rank at the fewest, 1 the best", level="column")
    assert fewest.loc["mg", "keys"] == found.loc[("mg", "ncs dice, 1 subject"), "keys"]
    ranks = fewest["mean"]
    assert ranks["mg"] == 1
    assert set(ranks.drop("mg")) == {(2 + 11) / 2}


def test_points_lie_over_the_subjects():
    points = {(p["row"], p["x"]): p for p in label_points(STORE)}
    assert len(points) == 11 * 5
    assert points["mg", 1]["y"] == pytest.approx(0.5 + AVERAGE)
    assert points["mg", 1]["low"] < points["mg", 1]["y"] < points["mg", 1]["high"]


def test_a_start_without_a_level_has_no_area_and_the_others_do():
    lost = made_up(
        "labels",
        level=level,
        without=lambda run: run.start == "jig" and run.keys.get("label_fraction") == 0.1,
    )
    words = {row["row"]: row["verdict"] for row in areas(lost, "ncs")}
    said = ("incomplete: 27 of 30 runs", "gain", "baseline")
    assert (words["jig"], words["mg"], words["scratch"]) == said
    found = table(label_curve(lost))
    assert found.loc["jig", "ncs dice, 2 subjects"]["verdict"] == "not run"
    assert found.loc["jig", "ncs dice, 5 subjects"]["verdict"] == ""


def test_two_levels_of_as_many_subjects_make_no_curve():
    block = {"start": ["scratch", "mg"], "task": ["ncs"], "label_fraction": [0.96, 1]}
    store = made_up(labels=block, level=lambda run: 0.5)
    words = {row["verdict"] for row in areas(store, "ncs")}
    assert len(words) == 1
    assert words.pop().startswith("not feasible: labels: [20.0, 20.0], expected increasing")


def test_nothing_run_is_said():
    store = made_up("labels", without=lambda run: True)
    assert {row["verdict"] for row in label_curve(store)} == {"not run"}
    assert label_points(store) == []


def test_distances_have_the_verdicts_and_ranks_of_what_lacks_to_1():
    store = made_up("labels")
    usual, far = (table(label_curve(each)) for each in (store, by_distance(store, "ncs")))
    assert far["verdict"].tolist() == usual["verdict"].tolist()
    assert {"gain", "loss"} <= set(usual["verdict"])
    gaps = usual["difference"].dropna().to_numpy()
    assert far["difference"].dropna().to_numpy() == pytest.approx(-gaps)
    ranks = [column for column in dict(far.index.swaplevel()) if column.endswith("1 the best")]
    pd.testing.assert_frame_equal(
        *(each.xs(ranks[0], level="column")[["mean", "low", "high"]] for each in (far, usual))
    )
