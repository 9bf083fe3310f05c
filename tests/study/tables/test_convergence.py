"""Validation curves: best, mean height and steps to a share of the best, worked out by hand."""

import pytest

from medssl.study.tables.convergence import convergence, convergence_points

from ..made_up import made_up, table


def test_curves_that_rise_to_other_heights():
    """From level / 2 at step 10 to the level at step 20: 0.3 to 0.6 is the best of all."""
    found = table(convergence("lcs", "dice")(made_up("table3")))
    assert found.loc["mg", "best lcs dice"]["mean"] == pytest.approx(0.6)
    assert found.loc["mg", "mean to step 20"]["difference"] == pytest.approx(0.45 - 0.375)
    steps = found.loc["mg", "steps to 90% of 0.6"]
    assert steps["mean"] == pytest.approx(10 + 10 * (0.54 - 0.3) / 0.3)
    never = found.loc["scratch", "steps to 90% of 0.6"]
    assert never["verdict"] == "not reached in 3 of 3 runs"


def test_each_validation_is_a_point():
    points = convergence_points("ncc", "auc")(made_up("table3"))
    assert len(points) == 11 * 3 * 2
    assert {p["column"] for p in points} == {"ncc auc"}


def test_without_curves_nothing_was_run():
    store = made_up("table3", without=lambda run: run.name == "lcs")
    found = table(convergence("lcs", "dice")(store))
    assert set(found["verdict"]) == {"not run"}
