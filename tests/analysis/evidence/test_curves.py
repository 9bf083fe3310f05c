"""Areas under label curves are trapezia; points are gathered by their names."""

import numpy as np
import pytest

from medssl.analysis.evidence import CurveArm, curves_of
from medssl.errors import UserError

from .studies import study


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


def test_points_are_gathered_by_name_and_sorted_by_labels():
    arms = {f"{start}@{n}": study(n, {"a": 0.0})["a"] for n in (20, 5) for start in ("mg", "a@b")}
    found = curves_of(arms)
    assert set(found) == {"mg", "a@b"}
    assert found["mg"].labels == (5, 20)
    assert found["mg"].points[0] is arms["mg@5"]
    plain = {"mg": arms["mg@5"]}
    assert curves_of(plain) == plain
    with pytest.raises(UserError, match="mg: expected NAME@LABELS"):
        curves_of({**arms, **plain})
    with pytest.raises(UserError, match="mg: runs of 20 labels, others of 5, 20"):
        curves_of({"a@5": arms["mg@5"], "a@20": arms["mg@5"], "mg@20": arms["mg@5"]})
