"""Scores that are told from sums over patients, and their paired differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from ..metrics.bootstrap import Values, draw_clusters, percentile_interval
from .statistics import Estimate

RESAMPLES = 10_000


def recall_tally(
    labels: NDArray[np.int64], answers: NDArray[np.int64], patients: Sequence[str]
) -> Values:
    """Right answers and crops of each patient and class, ``(patients, classes, 2)``.

    The mean over classes of their quotient is the balanced accuracy.

    Args:
        labels: ``(N,)`` classes from 0 on.
        answers: ``(N,)``.
        patients: of each crop.
    """
    names, member = np.unique(np.asarray(patients), return_inverse=True)
    classes = int(labels.max()) + 1
    place, size = member * classes + labels, len(names) * classes
    right, count = (np.bincount(place, weights, size) for weights in (answers == labels, None))
    both = np.stack([right, count], axis=1).astype(np.float64)
    return both.reshape(len(names), classes, 2)


def auc_tally(labels: NDArray[np.int64], scores: Values, patients: Sequence[str]) -> Values:
    """Area under the ROC curve among each patient's own crops, ``(patients, 1, 2)``.

    The quotient is the mean over patients. Crops are compared only within a patient: of two
    patients the scores come from classifiers fitted on different crops. A patient without crops of
    both classes counts nothing.

    Args:
        labels: ``(N,)``, 0 or 1.
        scores: ``(N,)``, higher for 1.
        patients: of each crop.
    """
    owners = np.asarray(patients)
    names = np.unique(owners)
    tally = np.zeros((len(names), 1, 2))
    for row, name in enumerate(names):
        own = owners == name
        if len(set(labels[own])) == 2:
            tally[row, 0] = roc_auc_score(labels[own], scores[own]), 1
    return tally


def score(tallies: Sequence[Values], others: Sequence[Values] = (), seed: int = 0) -> Estimate:
    """Mean score of some tallies of the same crops, less that of others, over patients.

    The same resamples of the patients go into all of them, so that the interval of a difference is
    that of a paired comparison. Resamples that lack a class are left out. With one patient there is
    nothing to draw from: the interval is NaN.

    Args:
        tallies: of one or more networks, see :func:`recall_tally` and :func:`auc_tally`.
        others: of those they are compared with.
        seed: of the resamples.
    """
    patients = len(tallies[0])
    everyone = np.ones((1, patients), dtype=np.int64)
    value = float(_difference(tallies, others, everyone)[0])
    if patients == 1:
        return Estimate(value, float("nan"), float("nan"))
    drawn = _difference(tallies, others, draw_clusters(patients, RESAMPLES, seed))
    return Estimate(value, *percentile_interval(drawn[~np.isnan(drawn)], 0.95))


def _difference(
    tallies: Sequence[Values], others: Sequence[Values], draws: NDArray[np.int64]
) -> Values:
    found = np.mean([_scores(tally, draws) for tally in tallies], axis=0)
    return found - np.mean([_scores(tally, draws) for tally in others], axis=0) if others else found


def _scores(tally: Values, draws: NDArray[np.int64]) -> Values:
    """One figure for each resample, NaN where it lacks a class."""
    right, count = np.moveaxis(np.tensordot(draws, tally, axes=1), 2, 0)
    shares = np.divide(right, count, out=np.full_like(right, np.nan), where=count > 0)
    return np.asarray(shares.mean(1))
