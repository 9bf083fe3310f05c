"""DeLong's area, variance and test against slow definitions and other libraries."""

import numpy as np
import pytest
from scipy import special, stats
from sklearn.metrics import roc_auc_score

from medssl.errors import UserError
from medssl.metrics import delong, delong_test

from ..helpers import calls_of, most_memory_of


def literal(labels, scores):
    """Area and variance from all pairs."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    order = np.array([[(x > y) + 0.5 * (x == y) for y in negative] for x in positive])
    variance = order.mean(1).var(ddof=1) / len(positive) + order.mean(0).var(ddof=1) / len(negative)
    return order.mean(), variance


def problem(seed=0, count=60, ties=True):
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < 0.4).astype(int)
    scores = rng.normal(labels * 0.8, 1.0)
    return labels, np.round(scores, 1) if ties else scores


@pytest.mark.parametrize("seed", range(5))
def test_against_all_pairs_and_scikit_learn(seed):
    labels, scores = problem(seed)
    area, variance = literal(labels, scores)
    found = delong(labels, scores)
    assert found.value == pytest.approx(area, abs=1e-12)
    assert found.value == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    half = stats.norm.ppf(0.975) * np.sqrt(variance) / (area * (1 - area))
    expected = special.expit(special.logit(area) + np.array([-half, half]))
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=1e-12)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng, truth = np.random.default_rng(1), stats.norm.cdf(1 / np.sqrt(2))
    covered = 0
    for _ in range(400):
        labels = np.repeat([0, 1], 50)
        found = delong(labels, rng.normal(labels, 1.0))
        covered += found.low <= truth <= found.high
    assert 0.92 < covered / 400 < 0.98


def test_the_test_keeps_its_level_and_sees_a_difference():
    rng, small = np.random.default_rng(2), 0
    labels = np.repeat([0, 1], 60)
    for _ in range(300):
        shared = rng.normal(labels, 1.0)
        small += delong_test(labels, *(shared + rng.normal(size=120) for _ in range(2))) < 0.05
    assert 0.02 < small / 300 < 0.09
    assert delong_test(labels, 3 * labels + rng.normal(size=120), rng.normal(size=120)) < 0.01
    assert delong_test(labels, labels * 1.0, labels * 2.0) == 1.0


def test_perfect_reversed_and_constant_scores():
    labels = np.array([0, 0, 1, 1, 1])
    for scores, area in ((labels * 1.0, 1.0), (1.0 - labels, 0.0), (np.ones(5), 0.5)):
        found = delong(labels, scores)
        assert (found.value, found.low, found.high) == (area, area, area)


def test_no_loop_over_candidates_and_no_table_of_all_pairs():
    """Half a million candidates take about a second by that."""
    small, large = (problem(count=count, ties=False) for count in (20_000, 40_000))
    assert calls_of(lambda: delong(*small)) == calls_of(lambda: delong(*large))
    held = [most_memory_of(lambda given=given: delong(*given)) for given in (small, large)]
    assert held[1] < 2.2 * held[0]


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0], [0.1, 0.2], r"labels \[0\], expected both 0 and 1"),
        ([0, 2], [0.1, 0.2], r"labels \[0, 2\], expected both 0 and 1"),
        ([0, 1, 1], [0.1, 0.2], "expected as many"),
        ([0, 1], [0.1, np.nan], "not finite"),
    ],
)
def test_bad_input_is_one_line(labels, scores, message):
    with pytest.raises(UserError, match=message) as error:
        delong(labels, scores)
    assert "\n" not in str(error.value)
