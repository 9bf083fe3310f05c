"""Tallies equal a walk over the cases."""

import numpy as np
import pytest

from medssl.analysis.evidence import CurveArm, MeanArm, on_shared_seeds
from medssl.errors import UserError

from .studies import auc_arm, rows


def test_a_resample_is_the_mean_over_the_drawn_patients_cases():
    runs = {4: [("a", "x", 0.2), ("b", "x", 0.4), ("c", "y", float("nan")), ("d", "z", 0.9)]}
    runs[1] = [("a", "x", 0.0), ("b", "x", 0.2), ("c", "y", 0.5), ("d", "z", 1.0)]
    arm = MeanArm.of(runs)
    assert (arm.seeds, arm.patients) == ((1, 4), ("x", "y", "z"))
    drawn = np.array([[2.0, 0, 1], [0, 3, 0]])  # x, x, z; y three times
    first = np.mean([0.0, 0.2, 0.0, 0.2, 1.0]), np.mean([0.2, 0.4, 0.2, 0.4, 0.9])
    np.testing.assert_allclose(arm.by_seed(drawn), [first, (0.5, np.nan)])
    np.testing.assert_allclose(arm.by_patient(), [(0.1 + 0.3) / 2, 0.5, 0.95])


def test_runs_judged_on_other_cases_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(UserError, match="mg: the runs of seeds 0 and 1 were judged on other cases"):
        MeanArm.of({0: rows(rng), 1: rows(rng, cases=3)}, "mg")
    with pytest.raises(UserError, match="no cases"):
        MeanArm.of({}, "mg")


def test_arms_are_cut_to_the_seeds_that_all_have():
    rng = np.random.default_rng(0)
    mean, auc = MeanArm.of({k: rows(rng) for k in (3, 1, 2)}), auc_arm(rng, 0.5, seeds=4)
    curve = CurveArm((5, 50), (mean, mean))
    for arm in (mean, auc, curve):
        draws = rng.integers(0, 3, (4, len(arm.patients))).astype(float)
        cut, other = on_shared_seeds(arm, MeanArm.of({k: rows(rng) for k in (2, 3, 7)}))
        assert cut.seeds == other.seeds == (2, 3)
        places = [arm.seeds.index(seed) for seed in (2, 3)]
        np.testing.assert_array_equal(cut.by_seed(draws), arm.by_seed(draws)[:, places])
    assert on_shared_seeds(mean, MeanArm.of({9: rows(rng)})) == ()
