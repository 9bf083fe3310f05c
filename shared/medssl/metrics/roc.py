"""The area under the ROC curve with DeLong's variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from ..errors import UserError


@dataclass(frozen=True)
class AUC:
    """An area under the curve with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def _components(
    labels: NDArray[Any], scores: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """AUC, and what each positive and each negative adds to it (Sun & Xu 2014, by midranks)."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    together = stats.rankdata(np.concatenate([positive, negative]))
    count = len(positive)
    of_positives = (together[:count] - stats.rankdata(positive)) / len(negative)
    of_negatives = 1 - (together[count:] - stats.rankdata(negative)) / count
    return float(of_positives.mean()), of_positives, of_negatives


def _checked(labels: ArrayLike, *scores: ArrayLike) -> list[NDArray[Any]]:
    arrays = [np.asarray(values).reshape(-1) for values in (labels, *scores)]
    if len({len(array) for array in arrays}) != 1:
        raise UserError(
            f"AUC: {[len(array) for array in arrays]} labels and scores, expected as many"
        )
    if not np.isin(arrays[0], (0, 1)).all() or len(np.unique(arrays[0])) != 2:
        found = np.unique(arrays[0]).tolist()
        raise UserError(
            f"AUC: labels {found[:5]}, expected both 0 and 1; add cases of both classes"
        )
    if not all(np.isfinite(array).all() for array in arrays[1:]):
        raise UserError("AUC: a score is not finite; check the training for divergence")
    return [arrays[0], *(array.astype(np.float64) for array in arrays[1:])]


def _variance(of_positives: NDArray[np.float64], of_negatives: NDArray[np.float64]) -> float:
    """DeLong's variance; of one case nothing is known, so it adds nothing."""
    return sum(
        float(part.var(ddof=1)) / len(part) if len(part) > 1 else 0.0
        for part in (of_positives, of_negatives)
    )


def delong(labels: ArrayLike, scores: ArrayLike, level: float = 0.95) -> AUC:
    """AUC and its interval, normal on the logit scale (DeLong et al. 1988; Pepe 2003).

    Args:
        labels: ``(N,)``, 1 for positives and 0 for negatives.
        scores: ``(N,)``, higher for positives; ties count one half.
        level: coverage of the interval.

    Returns:
        The area; where it is 0 or 1, or all differences are alike, the interval is the value.

    Raises:
        UserError: one class only, lengths that differ, or a score that is not finite.
    """
    truth, values = _checked(labels, scores)
    area, of_positives, of_negatives = _components(truth, values)
    variance = _variance(of_positives, of_negatives)
    if variance == 0 or area in (0.0, 1.0):
        return AUC(area, area, area)
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance) / (area * (1 - area))
    low, high = special.expit(special.logit(area) + np.array([-half, half]))
    return AUC(area, float(low), float(high))


def delong_test(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided p value of equal areas of two scores of the same cases (DeLong et al. 1988).

    Raises:
        UserError: as :func:`delong`.
    """
    truth, one, other = _checked(labels, first, second)
    parts = [_components(truth, scores) for scores in (one, other)]
    difference = parts[0][0] - parts[1][0]
    variance = _variance(parts[0][1] - parts[1][1], parts[0][2] - parts[1][2])
    if variance == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * stats.norm.sf(abs(difference) / np.sqrt(variance)))
