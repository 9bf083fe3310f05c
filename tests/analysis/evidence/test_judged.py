"""Outcomes become arms of the metric and the class asked for."""

import numpy as np
import pytest

from medssl.analysis.evidence import AucArm, arm_of, arms_on_shared_cases, seed_means
from medssl.analysis.outcomes import Outcome
from medssl.errors import UserError

SEGMENTED = {
    0: [
        Outcome("a", "x", "liver", "dice", 0.9),
        Outcome("a", "x", "tumour", "dice", 0.5),
        Outcome("a", "x", "mean", "dice", 0.7),
        Outcome("a", "x", "liver", "iou", 0.1),
    ]
}
CLASSIFIED = {
    0: [
        Outcome(case, case, label, metric, value)
        for case, label, values in (
            ("a", "0", (1, 0.2)),
            ("b", "1", (0, 0.4)),
            ("c", "1", (1, 0.9)),
        )
        for metric, value in zip(("correct", "probability_1"), values)
    ]
}


def test_the_mean_over_classes_unless_a_class_is_named():
    assert seed_means(arm_of(SEGMENTED, "dice"))[0] == 0.7
    assert seed_means(arm_of(SEGMENTED, "dice", "tumour"))[0] == 0.5
    assert seed_means(arm_of(SEGMENTED, "iou"))[0] == 0.1


def test_an_auc_is_of_the_class_against_the_others_and_an_accuracy_over_all():
    arm = arm_of(CLASSIFIED, "auc")
    assert isinstance(arm, AucArm)
    np.testing.assert_array_equal(arm.positive, [False, True, True])
    assert seed_means(arm)[0] == 1
    assert seed_means(arm_of(CLASSIFIED, "correct"))[0] == pytest.approx(2 / 3)
    assert seed_means(arm_of(CLASSIFIED, "correct", "1"))[0] == 0.5


@pytest.mark.parametrize(
    ("runs", "given", "words"),
    [
        (SEGMENTED, ("hd95",), "no outcome hd95; expected dice, iou, auc"),
        (SEGMENTED, ("dice", "spleen"), "no class spleen of dice; expected liver, mean, tumour"),
        (SEGMENTED, ("auc",), "no classification"),
        (CLASSIFIED, ("auc", "2"), "no class 2; expected 1"),
        (CLASSIFIED, ("probability_1",), "several classes; name one of 0, 1"),
    ],
)
def test_what_is_not_there_is_refused(runs, given, words):
    with pytest.raises(UserError, match=words):
        arm_of(runs, *given)


def test_shared_cases_are_those_that_all_runs_have_a_value_of():
    def run(values):
        return {0: [Outcome(case, case, "x", "dice", value) for case, value in values.items()]}

    nan = float("nan")
    runs = {"a": run({"p": 0.2, "q": 0.4, "r": 0.9}), "b": run({"p": 0.3, "q": 0.5, "r": nan})}
    found = arms_on_shared_cases({**runs, "c": run({"q": 0.1, "p": 0.1, "s": 1.0})}, "dice")
    assert {arm.patients for arm in found.arms.values()} == {("p", "q")}
    assert found.left_out == {"a": 1, "b": 0, "c": 1}
    means = [float(seed_means(arm)[0]) for arm in found.arms.values()]
    assert means == pytest.approx([0.3, 0.4, 0.1])
    with pytest.raises(UserError, match="x: no case that all runs have, none is left with c;"):
        arms_on_shared_cases({**runs, "c": run({"s": 1.0})}, "dice", name="x")
    assert arms_on_shared_cases({}, "dice").arms == {}


def test_an_auc_on_shared_cases_keeps_both_classes_apart():
    fewer = {0: [row for row in CLASSIFIED[0] if row.case != "c"]}
    found = arms_on_shared_cases({"whole": CLASSIFIED, "fewer": fewer}, "auc")
    np.testing.assert_array_equal(found.arms["whole"].positive, [False, True])
    assert found.left_out == {"whole": 1, "fewer": 0}
