"""Outcomes become arms of the metric and the class asked for."""

import numpy as np
import pytest

from medssl.analysis.evidence import AucArm, arm_of, seed_means
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
