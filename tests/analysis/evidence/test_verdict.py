"""A gain is found where there is one, and is not said where there is none."""

import pytest

from medssl.analysis import Estimate
from medssl.analysis.evidence import CurveArm, compare_arms, verdict
from medssl.errors import UserError

from .studies import study

ABOVE, BELOW, ACROSS = Estimate(0.02, 0.01, 0.03), Estimate(-2, -3, -1), Estimate(0.1, -0.1, 0.3)


@pytest.mark.parametrize(
    ("p", "interval", "seeds", "said"),
    [
        (0.01, ABOVE, [0.01, 0.03], "gain"),
        (0.01, BELOW, [-1, -3], "loss"),
        (0.05, ABOVE, [0.01, 0.03], "no evidence of gain"),
        (0.01, ACROSS, [0.01, 0.03], "no evidence of gain"),
        (0.01, ABOVE, [-0.01, 0.05], "no evidence of gain"),
        (0.01, ABOVE, [0.0, 0.05], "no evidence of gain"),
        (0.01, ABOVE, [0.02], "no evidence of gain"),
        (float("nan"), ABOVE, [0.01, 0.03], "no evidence of gain"),
    ],
)
def test_test_interval_and_seeds_must_all_agree(p, interval, seeds, said):
    assert verdict(p, interval, seeds) == said


def test_a_study_with_an_effect_finds_it_and_its_side():
    found = compare_arms(
        study(1, {"scratch": 0.0, "mg": 0.08, "ae": -0.08, "jig": 0.0}, seeds=4, run_sd=0.01)
    )
    said = {each.name: each.verdict for each in found}
    assert said == {"mg": "gain", "ae": "loss", "jig": "no evidence of gain"}
    by_name = {each.name: each for each in found}
    assert by_name["mg"].difference.low < 0.08 < by_name["mg"].difference.high
    assert by_name["mg"].p_adjusted >= by_name["mg"].p
    assert (by_name["mg"].seeds, by_name["mg"].patients) == (4, 16)


@pytest.mark.parametrize(
    ("others", "run_sd"),
    [
        *((("a", "b", "c"), 0.02), (("a",), 0.05), (("a",), 0.0)),
        pytest.param(tuple("abcdefghij"), 0.006, marks=pytest.mark.slow),
    ],
)
def test_of_a_hundred_studies_without_effect_few_say_otherwise(others, run_sd):
    """A study says so if any of its comparisons does; runs may scatter more than patients."""
    silent = 0
    for number in range(100):
        found = compare_arms(study(number, dict.fromkeys(("scratch", *others), 0.0), run_sd=run_sd))
        silent += all(each.verdict == "no evidence of gain" for each in found)
    assert silent >= 95


def test_areas_under_label_curves_are_compared_alike():
    low, high = (study(s, {"scratch": 0.0, "mg": 0.08}, run_sd=0.01) for s in (2, 3))
    arms = {name: CurveArm((5, 50), (low[name], high[name])) for name in low}
    (found,) = compare_arms(arms)
    assert found.verdict == "gain"
    assert "no evidence" not in str(found)


def test_a_baseline_and_another_arm_are_needed():
    arms = study(0, {"scratch": 0.0, "mg": 0.0})
    with pytest.raises(UserError, match="none: no such arm"):
        compare_arms(arms, "none")
    with pytest.raises(UserError, match="nothing to compare"):
        compare_arms({"scratch": arms["scratch"]})
