"""Resampled clusters against drawing them one by one."""

import numpy as np
import pytest

from medssl.metrics.bootstrap import draw_clusters, percentile_interval


def test_each_resample_has_as_many_clusters_as_there_are():
    draws = draw_clusters(7, 500, 0)
    assert draws.shape == (500, 7)
    assert (draws.sum(1) == 7).all()
    assert draws.min() >= 0


def test_counts_are_those_of_drawing_one_cluster_after_the_other():
    """A cluster is drawn k times with the binomial's probability; others then less often."""
    draws = draw_clusters(4, 20_000, 1)
    one_by_one = np.random.default_rng(2).integers(0, 4, (20_000, 4))
    literal = np.stack([(one_by_one == cluster).sum(1) for cluster in range(4)], axis=1)
    for times in range(5):
        shares = [(counts == times).mean(0) for counts in (draws, literal)]
        assert shares[0] == pytest.approx(shares[1], abs=0.015)
    assert np.cov(draws.T) == pytest.approx(np.cov(literal.T), abs=0.03)


def test_a_seed_gives_its_draws_again():
    assert (draw_clusters(5, 9, 3) == draw_clusters(5, 9, 3)).all()
    assert (draw_clusters(5, 9, 3) != draw_clusters(5, 9, 4)).any()


def test_the_interval_leaves_as_much_out_below_as_above():
    values = np.random.default_rng(0).permutation(np.arange(1001.0))
    assert percentile_interval(values, 0.9) == pytest.approx((50, 950))
    assert percentile_interval(values, 1.0) == (0, 1000)
