"""Intervals over patients: wider than over cases where a patient's cases resemble each other."""

import numpy as np
import pytest

from medssl.metrics import class_figures, class_intervals

from .test_class_figures import answers


def test_the_ends_enclose_the_figure_and_follow_the_patients():
    rows, truth = answers(40, 3)
    again = np.repeat(np.arange(40), 4)
    patients = [f"p{n}" for n in again]
    ours = class_intervals(rows[again], truth[again], patients)
    careless = class_intervals(rows[again], truth[again], [str(n) for n in range(160)])
    once = class_intervals(rows, truth, [f"p{n}" for n in range(40)])
    for name, values in class_figures(rows, truth).items():
        low, high = ours[name]
        if name != "ece":  # resampling adds to what is a sum of absolute values
            assert (low <= values[0]).all()
            assert (values[0] <= high).all()
        assert (high - low > 1.3 * (careless[name][1] - careless[name][0])).all()
        np.testing.assert_allclose(once[name], ours[name])  # copies say nothing new


def test_one_patient_has_none_and_an_absent_class_neither():
    rows, truth = answers(20, 2)
    ends = class_intervals(rows, truth, ["p"] * 20)
    assert all(np.isnan(values).all() for values in ends.values())
    two = class_intervals(rows, truth, ["p", "q"] * 10)
    assert all(np.isfinite(values).all() for values in two.values())
    three = np.concatenate([rows, np.zeros((20, 1))], axis=1)
    ends = class_intervals(three, truth, [str(n) for n in range(20)])
    assert np.isnan(ends["sensitivity"]).tolist() == [[False, False, True]] * 2


def test_resamples_without_a_class_are_left_out():
    """Of one positive patient among six a third of the resamples have none."""
    rows = np.array([[0.2, 0.8], *[[p, 1 - p] for p in (0.9, 0.8, 0.1, 0.6, 0.7)]])
    truth = np.array([1, 0, 0, 0, 0, 0])
    low, high = class_intervals(rows, truth, list("abcdef"))["auc"]
    assert 0 <= low < high <= 1
    assert class_intervals(rows, truth, list("abcdef"))["auc"][0] == pytest.approx(low)
