"""The cluster bootstrap against what is known in closed form."""

import numpy as np
import pytest

from medssl.analysis import cluster_bootstrap


def test_interval_of_independent_values_has_the_normal_width():
    values = np.random.default_rng(0).normal(5, 2, 400)
    estimate = cluster_bootstrap(values, [str(i) for i in range(400)])
    assert estimate.mean == pytest.approx(values.mean())
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.1)


def test_copies_of_a_case_within_its_patient_do_not_narrow_the_interval():
    values = np.random.default_rng(1).normal(0, 1, 60)
    patients = [str(i) for i in range(60)]
    once = cluster_bootstrap(values, patients)
    copied = cluster_bootstrap(np.repeat(values, 10), np.repeat(patients, 10))
    assert copied.low == pytest.approx(once.low)
    assert copied.high == pytest.approx(once.high)
    naive = cluster_bootstrap(np.repeat(values, 10), [str(i) for i in range(600)])
    assert naive.high - naive.low < 0.5 * (once.high - once.low)


def test_it_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    hits = 0
    for trial in range(200):
        patient = np.repeat(rng.normal(0, 1, 30), 3)
        estimate = cluster_bootstrap(
            patient + rng.normal(0, 0.2, 90),
            np.repeat(np.arange(30), 3).astype(str),
            seed=trial,
            resamples=500,
        )
        hits += estimate.low <= 0 <= estimate.high
    assert 0.86 <= hits / 200 <= 0.99


def test_one_patient_has_no_width_and_nothing_is_refused():
    estimate = cluster_bootstrap([1.0, 3.0], ["a", "a"])
    assert (estimate.low, estimate.mean, estimate.high) == (2, 2, 2)
    with pytest.raises(ValueError, match="as many values"):
        cluster_bootstrap([], [])
    with pytest.raises(ValueError, match="as many values"):
        cluster_bootstrap([1.0], ["a", "b"])
