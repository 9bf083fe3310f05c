"""Resampling whole clusters, such as scans or patients, whose cases resemble each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def draw_clusters(clusters: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each cluster is drawn, ``(resamples, clusters)``, as many as there are each time.

    Products with sums over the clusters' cases are the sums of the resamples.
    """
    shares = np.full(clusters, 1 / clusters)
    return np.random.default_rng(seed).multinomial(clusters, shares, size=resamples)


def percentile_interval(values: Values, level: float) -> tuple[float, float]:
    """The interval that holds the middle ``level`` of resampled figures."""
    tail = 50 * (1 - level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
