"""What is better stays better, whichever way its metric points."""

from dataclasses import replace

import numpy as np
import pytest

from medssl.analysis.evidence import (
    CurveArm,
    MeanArm,
    arm_of,
    compare_arms,
    rank_starts,
    sign_of,
)
from medssl.analysis.outcomes import Outcome
from medssl.errors import UserError

from .studies import study

EFFECTS = {"scratch": 0.0, "mg": 0.06, "ae": -0.06, "jig": 0.02, "rot": 0.0}


def turned(arm):
    """The same outcomes of a metric of which lower is better."""
    return replace(arm, sums=-arm.sums, sign=-arm.sign)


def test_surface_distances_and_errors_are_better_when_they_are_low():
    low = ("hd95", "assd", "hd95_liver", "mse", "corrupted_mse_blurred", "brier", "ece")
    low += ("nt_xent", "nt_xent_alike")
    high = ("dice", "dice_own_grid", "iou", "miou_plus", "auc", "correct", "skill", "accuracy")
    assert {sign_of(metric) for metric in low} == {-1}
    assert {sign_of(metric) for metric in high} == {1}


def test_arms_know_what_is_better():
    for metric, sign in (("dice", 1), ("hd95", -1)):
        runs = {seed: [Outcome("c", "p", "liver", metric, 0.5)] for seed in (0, 1)}
        assert (arm := arm_of(runs, metric)).sign == sign
        assert CurveArm((5, 20), (arm, arm)).on_seeds([1]).sign == sign


@pytest.mark.parametrize("seed", range(12))
def test_turned_outcomes_have_the_same_verdicts_and_differences_of_the_other_sign(seed):
    arms = study(seed, EFFECTS, run_sd=0.01)
    found, other = compare_arms(arms), compare_arms({n: turned(arm) for n, arm in arms.items()})
    assert [each.verdict for each in other] == [each.verdict for each in found]
    for ours, theirs in zip(found, other, strict=True):
        assert theirs.difference.mean == pytest.approx(-ours.difference.mean)
        assert theirs.by_seed == pytest.approx(tuple(-value for value in ours.by_seed))
        assert (theirs.p, theirs.false_claim) == pytest.approx((ours.p, ours.false_claim))
    if seed == 0:
        assert {each.verdict for each in found} >= {"gain", "loss"}


def test_turned_curves_have_the_same_verdicts():
    low, high = (study(seed, EFFECTS, run_sd=0.01) for seed in (1, 2))
    kinds = (lambda arm: arm), turned
    found, other = (
        compare_arms({n: CurveArm((5, 50), (kind(low[n]), kind(high[n]))) for n in low})
        for kind in kinds
    )
    assert [each.verdict for each in other] == [each.verdict for each in found]
    assert "gain" in [each.verdict for each in found]


@pytest.mark.parametrize("tasks", [3, 12])
def test_turned_tasks_have_the_same_ranks_beside_others(tasks):
    pytest.importorskip("scikit_posthocs")
    blocks = {f"t{k}": study(k, EFFECTS) for k in range(tasks)}
    mixed = {
        task: {name: turned(arm) if k % 2 else arm for name, arm in arms.items()}
        for k, (task, arms) in enumerate(blocks.items())
    }
    assert rank_starts(mixed) == rank_starts(blocks)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_there_is_no_mean_of_what_is_infinite(value):
    with pytest.raises(UserError, match=r"mg: a of seed 3 is -?inf, .*; expected a number, or nan"):
        MeanArm.of({3: [("a", "x", value), ("b", "y", 0.5)]}, "mg")
