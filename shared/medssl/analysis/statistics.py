"""Intervals and comparisons that respect patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..metrics.bootstrap import percentile_interval


@dataclass(frozen=True)
class Estimate:
    """A mean with a percentile interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def cluster_bootstrap(
    values: Sequence[float] | NDArray[np.float64],
    clusters: Sequence[str],
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """Mean of ``values`` with a percentile bootstrap interval over whole clusters.

    Cases of one patient are not independent, so patients are drawn, not cases.

    Args:
        values: one figure per case.
        clusters: the patient of each case.
        level: coverage of the interval.
        resamples: bootstrap draws.
        seed: of the draws.

    Raises:
        ValueError: no values, or the lengths differ.
    """
    if len(values) == 0 or len(values) != len(clusters):
        raise ValueError(f"expected as many values as clusters, got {len(values)}, {len(clusters)}")
    data = np.asarray(values, dtype=np.float64)
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(member, weights=data)
    counts = np.bincount(member)
    drawn = np.random.default_rng(seed).integers(len(names), size=(resamples, len(names)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    return Estimate(float(data.mean()), *percentile_interval(means, level))
