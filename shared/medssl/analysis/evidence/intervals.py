"""Intervals over runs and patients at once, and the spread over runs alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import t as student_t

from ...metrics.bootstrap import Values, draw_clusters, percentile_interval
from ..statistics import Estimate
from .arms import Arm, check_pair, everyone

LEVEL = 0.95
RESAMPLES = 4000


def seed_means(arm: Arm) -> Values:
    """The metric of each run on the whole test split, ``(seeds,)``."""
    return arm.by_seed(everyone(arm))[0]


def spread(arm: Arm) -> float:
    """Standard deviation over runs (n - 1), NaN of a single one."""
    means = seed_means(arm)
    return float(means.std(ddof=1)) if len(means) > 1 else float("nan")


def estimate(arm: Arm, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Mean over runs with a 95 % interval over patients and runs, see :func:`drawn_means`.

    Args:
        arm: outcomes.
        resamples: draws; those without a case or without a class are left out.
        seed: of the draws.
    """
    drawn = drawn_means(arm.by_seed(draw_patients(arm, resamples, seed)), seed + 1)
    return Estimate(float(seed_means(arm).mean()), *interval(drawn))


def difference(arm: Arm, other: Arm, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Mean of ``arm`` less that of ``other``, run by run and on the same draws of patients.

    Raises:
        UserError: arms of other seeds or other patients.
    """
    drawn = drawn_differences(arm, other, resamples, seed)
    return Estimate(float((seed_means(arm) - seed_means(other)).mean()), *interval(drawn))


def draw_patients(arm: Arm, resamples: int, seed: int) -> Values:
    """How often each patient is drawn, ``(resamples, patients)``; alike for arms of one split."""
    return _draws(len(arm.patients), resamples, seed)


@lru_cache(maxsize=4)  # the cells of a table share theirs
def _draws(patients: int, resamples: int, seed: int) -> Values:
    drawn = draw_clusters(patients, resamples, seed).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def drawn_means(by_seed: Values, seed: int) -> Values:
    """Means of runs that were not made, ``(resamples,)``, from ``(resamples, seeds)``.

    In two stages: patients were drawn, once for all runs, which judge the same ones (drawn anew for
    each run, their scatter would average away); on each draw of them the mean over all possible
    runs is drawn from Student's t about the mean of those made. Runs drawn with replacement would
    scatter too little, as there are few: of simulated studies of three runs without any effect,
    that found one in every fourth. Of a single run nothing is known about others.
    """
    runs = by_seed.shape[1]
    means = by_seed.mean(1)
    if runs == 1:
        return np.asarray(means)
    # Its quantiles in random order: the ends of the interval then scatter little themselves.
    levels = (np.random.default_rng(seed).permutation(len(means)) + 0.5) / len(means)
    drawn = student_t.ppf(levels, runs - 1)
    return np.asarray(means + drawn * by_seed.std(1, ddof=1) / np.sqrt(runs))


def drawn_differences(arm: Arm, other: Arm, resamples: int, seed: int) -> Values:
    """Differences on each draw, see :func:`difference`."""
    check_pair(arm, other, "comparison")
    draws = draw_patients(arm, resamples, seed)
    # As gains, so that the draws, and with them a verdict, depend on no metric's direction.
    gains = arm.sign * (arm.by_seed(draws) - other.by_seed(draws))
    return arm.sign * drawn_means(gains, seed + 1)


def interval(drawn: Values) -> tuple[float, float]:
    """The middle 95 % of what is known of the draws."""
    return percentile_interval(drawn[~np.isnan(drawn)], LEVEL)
