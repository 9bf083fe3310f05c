"""Tallies equal a walk over the cases."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medssl.analysis.evidence import AucArm, CurveArm, MeanArm
from medssl.errors import UserError

from .studies import auc_arm, rows, study


def test_a_resample_is_the_mean_over_the_drawn_patients_cases():
    runs = {4: [("a", "x", 0.2), ("b", "x", 0.4), ("c", "y", float("nan")), ("d", "z", 0.9)]}
    runs[1] = [("a", "x", 0.0), ("b", "x", 0.2), ("c", "y", 0.5), ("d", "z", 1.0)]
    arm = MeanArm.of(runs)
    assert (arm.seeds, arm.patients) == ((1, 4), ("x", "y", "z"))
    drawn = np.array([[2.0, 0, 1], [0, 3, 0]])  # x, x, z; y three times
    first = np.mean([0.0, 0.2, 0.0, 0.2, 1.0]), np.mean([0.2, 0.4, 0.2, 0.4, 0.9])
    np.testing.assert_allclose(arm.by_seed(drawn), [first, (0.5, np.nan)])
    np.testing.assert_allclose(arm.by_patient(), [(0.1 + 0.3) / 2, 0.5, 0.95])


def test_an_auc_on_a_resample_is_that_of_the_drawn_cases_written_out():
    rng = np.random.default_rng(0)
    arm = auc_arm(rng, 0.7)
    drawn = rng.multinomial(10, [0.1] * 10, size=5).astype(float)
    found = arm.by_seed(drawn)
    for line, draw in enumerate(drawn):
        for run in range(2):
            chosen = np.repeat(np.arange(80), draw[arm.member].astype(int))
            wanted = roc_auc_score(arm.positive[chosen], arm.scores[run][chosen])
            assert found[line, run] == pytest.approx(wanted)
    assert arm.by_patient() is None


def test_rows_of_an_auc_find_their_case_in_any_order():
    given = [("a", "x", 0.1, 0), ("b", "y", 0.8, 1), ("c", "x", 0.9, 0)]
    arm = AucArm.of({0: given, 1: given[::-1]})
    np.testing.assert_array_equal(*arm.scores)


def test_the_area_under_a_label_curve_is_a_trapezium_over_log_labels():
    points = [study(s, {"a": 0.0})["a"] for s in range(3)]
    curve = CurveArm((5, 10, 80), tuple(points))
    draws = np.random.default_rng(1).multinomial(16, [1 / 16] * 16, size=4).astype(float)
    low, mid, high = (point.by_seed(draws) for point in points)
    x = np.log([5, 10, 80])
    area = (low + mid) / 2 * (x[1] - x[0]) + (mid + high) / 2 * (x[2] - x[1])
    np.testing.assert_allclose(curve.by_seed(draws), area / (x[2] - x[0]))
    by_patient = np.trapezoid([point.by_patient() for point in points], x, axis=0)
    np.testing.assert_allclose(curve.by_patient(), by_patient / (x[2] - x[0]))


@pytest.mark.parametrize("labels", [(5,), (5, 5), (10, 5), (0, 5)])
def test_labels_of_a_curve_increase_from_above_zero(labels):
    arm = study(0, {"a": 0.0})["a"]
    with pytest.raises(UserError, match="labels"):
        CurveArm(labels, (arm,) * len(labels))


def test_runs_judged_on_other_cases_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(UserError, match="mg: runs judged on other cases"):
        MeanArm.of({0: rows(rng), 1: rows(rng, cases=3)}, "mg")
    with pytest.raises(UserError, match="no cases"):
        MeanArm.of({}, "mg")
    with pytest.raises(UserError, match="one class"):
        AucArm.of({0: [("a", "x", 0.1, 0)]})
