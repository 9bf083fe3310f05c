"""Area under the ROC curve with an interval that respects patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..metrics.bootstrap import draw_clusters, percentile_interval
from ..metrics.class_figures import weighted_auc
from .statistics import Estimate


def patient_auc(
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    patients: Sequence[str],
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """AUC with a percentile bootstrap interval over whole patients.

    The AUC is the share of pairs of a positive and a negative that are in the right order, ties
    counting one half. With one patient there is nothing to draw from: the interval is
    the value.

    Args:
        labels: 0 or 1, ``(N,)``; both occur.
        scores: ``(N,)``, higher for 1.
        patients: of each case.
        level: coverage of the interval.
        resamples: bootstrap draws; those without one of the classes are left out.
        seed: of the draws.
    """
    names, member = np.unique(np.asarray(patients), return_inverse=True)
    positive, once = labels == 1, np.ones((1, len(labels)))
    draws = draw_clusters(len(names), resamples, seed)[:, member].astype(np.float64)
    found = weighted_auc(positive, scores, draws)
    value = float(weighted_auc(positive, scores, once)[0])
    return Estimate(value, *percentile_interval(found[~np.isnan(found)], level))
