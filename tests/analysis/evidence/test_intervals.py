"""Intervals over runs and patients equal a slow bootstrap that writes every draw out."""

import numpy as np
import pytest
from scipy import stats

from medssl.analysis import cluster_bootstrap
from medssl.analysis.evidence import MeanArm, difference, estimate, seed_means, spread
from medssl.analysis.evidence.intervals import draw_patients
from medssl.errors import UserError

from .studies import auc_arm, rows, study


def test_the_interval_of_a_difference_is_that_of_draws_written_out():
    arms = study(3, {"scratch": 0.0, "mg": 0.05}, run_sd=0.05)
    ours, theirs = arms["mg"], arms["scratch"]
    rng, drawn = np.random.default_rng(9), []
    for _ in range(6000):
        people = rng.integers(len(ours.patients), size=len(ours.patients))
        gaps = [
            ours.sums[run, people].sum() / ours.counts[run, people].sum()
            - theirs.sums[run, people].sum() / theirs.counts[run, people].sum()
            for run in range(3)
        ]
        drawn.append(np.mean(gaps) + rng.standard_t(2) * np.std(gaps, ddof=1) / 3**0.5)
    found = difference(ours, theirs, resamples=20_000)
    assert found.mean == pytest.approx(np.mean(seed_means(ours) - seed_means(theirs)))
    wanted = np.percentile(drawn, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx(tuple(wanted), abs=0.01)


def test_with_patients_all_alike_it_is_the_t_interval_of_the_runs():
    runs = [0.70, 0.74, 0.69, 0.77]
    arm = MeanArm.of({k: [("a", "x", v), ("b", "y", v)] for k, v in enumerate(runs)})
    low, high = stats.t.interval(0.95, 3, np.mean(runs), stats.sem(runs))
    found = estimate(arm, resamples=40_000)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)


def test_of_a_single_run_it_is_the_bootstrap_over_patients():
    one = rows(np.random.default_rng(0), level=0.2 * np.random.default_rng(1).normal(size=12))
    found = estimate(MeanArm.of({0: one}), resamples=10_000)
    known = cluster_bootstrap([row[2] for row in one], [row[1] for row in one])
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.005)


def test_runs_widen_the_interval():
    rng = np.random.default_rng(0)
    level = 0.01 * rng.normal(size=12)
    quiet = MeanArm.of({k: rows(rng, run=0.0, level=level, scatter=0.01) for k in range(5)})
    loud = MeanArm.of(
        {k: rows(rng, run=0.1 * (k - 2), level=level, scatter=0.01) for k in range(5)}
    )
    widths = [estimate(arm).high - estimate(arm).low for arm in (quiet, loud)]
    assert widths[1] > 5 * widths[0]


def test_patients_are_drawn_once_for_all_runs():
    """Runs that all judge alike say no more of the patients than one of them."""
    rng = np.random.default_rng(0)
    one = rows(rng, patients=10, level=0.2 * rng.normal(size=10))
    single, copies = MeanArm.of({0: one}), MeanArm.of(dict.fromkeys(range(6), one))
    alone, many = estimate(single, 8000), estimate(copies, 8000)
    assert many.high - many.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_draws_that_are_shared_cannot_be_written_to():
    arm = study(0, {"a": 0.0})["a"]
    drawn = draw_patients(arm, 50, 1)
    with pytest.raises(ValueError, match="read-only"):
        drawn[0, 0] = 9
    assert draw_patients(arm, 50, 1) is drawn
    assert not np.array_equal(draw_patients(arm, 50, 2), drawn)
    assert draw_patients(arm, 49, 1).shape == (49, len(arm.patients))
    fewer = study(0, {"a": 0.0}, patients=5)["a"]
    assert draw_patients(fewer, 50, 1).shape == (50, len(fewer.patients))


def test_a_paired_difference_is_narrower_than_its_parts():
    rng = np.random.default_rng(0)
    first = auc_arm(rng, 1.0)
    gap = difference(first, first)
    assert (gap.mean, gap.low, gap.high) == (0, 0, 0)
    assert estimate(first).high > estimate(first).low


def test_the_spread_over_runs_is_that_of_a_sample():
    arm = MeanArm.of({0: [("a", "x", 1.0)], 1: [("a", "x", 3.0)]})
    assert spread(arm) == pytest.approx(2**0.5)
    assert np.isnan(spread(MeanArm.of({0: [("a", "x", 1.0)]})))


def test_other_seeds_or_patients_are_refused():
    arm = study(0, {"a": 0.0})["a"]
    with pytest.raises(UserError, match=r"seeds \[0, 1, 2\] and \[0, 1\]"):
        difference(arm, study(0, {"a": 0.0}, seeds=2)["a"])
    with pytest.raises(UserError, match="other patients"):
        difference(arm, study(0, {"a": 0.0}, patients=5)["a"])
