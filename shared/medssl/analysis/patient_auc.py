"""Area under the ROC curve with an interval that respects patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..metrics.bootstrap import draw_clusters, percentile_interval
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
    counting one half. Counted once for each pair of patients, it follows for any resample from how
    often each patient was drawn. With one patient there is nothing to draw from: the interval is
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
    owner = np.eye(len(names))[member]
    positive, negative = labels == 1, labels == 0
    difference = np.subtract.outer(scores[positive], scores[negative])
    right = owner[positive].T @ ((np.sign(difference) + 1) / 2) @ owner[negative]
    pairs = np.outer(owner[positive].sum(0), owner[negative].sum(0))
    draws = draw_clusters(len(names), resamples, seed)
    totals = np.einsum("ri,ij,rj->r", draws, pairs, draws, optimize=True)
    usable = totals > 0
    found = np.einsum("ri,ij,rj->r", draws, right, draws, optimize=True)[usable] / totals[usable]
    return Estimate(float(right.sum() / pairs.sum()), *percentile_interval(found, level))
