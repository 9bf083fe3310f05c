"""Intervals of the figures of classes, over whole patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .bootstrap import Values, draw_clusters, percentile_interval
from .class_figures import class_figures

COVERAGE = 0.95
RESAMPLES = 2000
_AT_ONCE = 1 << 22  # weights in memory
_FEWEST = 2  # patients that an interval needs


def class_intervals(
    probabilities: Values, classes: NDArray[np.int64], patients: Sequence[str]
) -> dict[str, Values]:
    """95 % percentile bootstrap intervals of :func:`~.class_figures.class_figures`.

    Whole patients are drawn with repetition, as cases of one resemble each other. Resamples without
    a figure, such as the AUC where a class was not drawn, are left out of it.

    Args:
        probabilities: ``(N, K)``.
        classes: ``(N,)`` class numbers.
        patients: of each case.

    Returns:
        Low and high ends by figure, ``(2,)``, of those of each class ``(2, K)``; NaN where there is
        no figure, and of one patient alone.
    """
    names, member = np.unique(np.asarray(patients), return_inverse=True)
    draws = draw_clusters(len(names), RESAMPLES, seed=0)
    step = max(1, _AT_ONCE // len(classes))
    parts = [
        class_figures(probabilities, classes, draws[start : start + step, member].astype(float))
        for start in range(0, RESAMPLES, step)
    ]
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if len(names) < _FEWEST:
        return {name: np.full((2, *values.shape[1:]), np.nan) for name, values in found.items()}
    return {name: _ends(values) for name, values in found.items()}


def _ends(values: Values) -> Values:
    """Ends of ``(R,)`` or, column by column, ``(R, K)``."""
    if values.ndim > 1:
        return np.stack([_ends(column) for column in values.T], axis=1)
    known = values[~np.isnan(values)]
    return np.array(
        percentile_interval(known, COVERAGE) if len(known) else (np.nan, np.nan), dtype=np.float64
    )
