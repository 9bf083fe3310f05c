"""Figures 8 and 12 and appendix Table 2: each beside what it has to be compared with."""

import pytest

from medssl.study.tables.training import ANSWERS, appendix_table2, fig8, fig8_points, fig12

from ...bundles.test_run import METRICS
from ..made_up import made_up, table


def warm(run):
    return 0.5 - 0.1 * (run.keys.get("scheme") == "warmup")


def test_warm_up_is_compared_with_the_same_start():
    found = table(fig8(made_up("fig8", level=warm)))
    for start in ("jig", "mg", "byol"):
        row = found.loc[f"{start} warmup", "ncs dice"]
        assert (row["difference"], row["baseline"]) == (pytest.approx(-0.1), f"{start} full")


def test_curves_of_all_runs_are_there():
    points = fig8_points(made_up("fig8", level=warm))
    assert len(points) == 3 * 2 * 3 * 2
    own = {(p["x"], p["y"]) for p in points if p["row"] == "mg warmup"}
    assert own == {(10, 0.2), (20, 0.4)}


def test_augmentation_is_the_same_on_both_sides():
    strength = {None: 0.0, "S6": 0.2}  # a key that is the bundle's default is left out

    def level(run):
        own = strength.get(run.keys.get("augmentation"), 0.1)
        return 0.5 + own + (0.1 - own) * (run.start == "mg")

    found = table(fig12(made_up("fig12", level=level, seeds=(0, 1))))
    assert len(found) == 8 * 7
    gaps = [found.loc["mg", f"ncs dice, augmentation {s}"]["difference"] for s in ("none", "S6")]
    assert gaps == pytest.approx([0.1, -0.1])


def test_deep_heads_are_compared_with_shallow_ones():
    def figures(run):
        deep = run.keys.get("rotation_head_depth") == 3
        return {"accuracy_order": 0.4 if deep else 0.9, "accuracy_rotation": 0.5}

    found = table(appendix_table2(made_up("appendix_table2", figures=figures)))
    deep = found.loc["rkb, deep", "order accuracy"]
    assert (deep["difference"], deep["baseline"]) == (pytest.approx(-0.5), "rkb, shallow")
    assert found.loc["rkb, shallow", "rotation accuracy"]["verdict"] == "baseline"


def test_answers_are_called_as_the_pretraining_calls_them():
    assert set(ANSWERS.values()) <= METRICS["pretrain_rubiks_cube"]
