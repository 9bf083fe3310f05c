"""Figures of classes that exclude each other, of all cases or of many resamples of them at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UserError
from .bootstrap import Values
from .gathered import GatheredMetric

CLASS_FIGURES = ("auc", "balanced_accuracy", "accuracy", "brier", "ece")
BINS = 10  # of the calibration error
_AT_ONCE = 1 << 22  # weights that are sorted together


def weighted_auc(positive: NDArray[np.bool_], scores: Values, weights: Values) -> Values:
    """Area under the ROC curve, ties counting one half, for each row of weights.

    Args:
        positive: ``(N,)``.
        scores: ``(N,)``, higher for positives.
        weights: ``(R, N)``, how often each case counts.

    Returns:
        ``(R,)``, NaN where positives or negatives are missing.
    """
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    step = max(1, _AT_ONCE // len(scores))
    found = []
    for start in range(0, len(weights), step):
        drawn = weights[start : start + step, order]
        ours, others = (
            np.add.reduceat(drawn * chosen[order], first, axis=1)
            for chosen in (positive, ~positive)
        )
        below = others.cumsum(1) - others
        found.append(_share((ours * (below + others / 2)).sum(1), ours.sum(1) * others.sum(1)))
    return np.concatenate(found)


def class_figures(
    probabilities: Values, classes: NDArray[np.int64], weights: Values | None = None
) -> dict[str, Values]:
    """All ``CLASS_FIGURES``, and ``sensitivity`` and ``class_auc`` of each class.

    ``auc`` is the mean over classes of the area of one against the rest, of two classes that of
    either; ``balanced_accuracy`` the mean of the sensitivities. Both leave out classes that do not
    occur. ``brier`` is the mean over cases of the squared differences from the truth, summed over
    classes (0 to 2; Brier 1950). ``ece`` is the expected calibration error: the largest
    probability against how often that class is right, in ten bins of equal width, each weighted by
    its cases (Guo et al. 2017).

    Args:
        probabilities: ``(N, K)``, each row adding up to 1.
        classes: ``(N,)`` class numbers.
        weights: ``(R, N)``, how often each case counts; None counts each once.

    Returns:
        Figures ``(R,)``, those of each class ``(R, K)``; NaN where there is none.
    """
    drawn = np.ones((1, len(classes))) if weights is None else weights
    count, total = probabilities.shape[1], drawn.sum(1)
    truth = np.eye(count)[classes]
    chosen = probabilities.argmax(1)
    right = (chosen == classes).astype(np.float64)
    squares = ((probabilities - truth) ** 2).sum(1)
    sensitivity = _share(drawn @ (truth * right[:, None]), drawn @ truth)
    areas = [weighted_auc(classes == k, probabilities[:, k], drawn) for k in range(count)]
    return {
        "auc": _mean_of_known(np.stack(areas, 1)),
        "balanced_accuracy": _mean_of_known(sensitivity),
        "accuracy": _share(drawn @ right, total),
        "brier": _share(drawn @ squares, total),
        "ece": _share(_miscalibrated(probabilities.max(1), right, drawn), total),
        "sensitivity": sensitivity,
        "class_auc": np.stack(areas, 1),
    }


def _miscalibrated(sure: Values, right: Values, drawn: Values) -> Values:
    """Cases times the difference of certainty and truth, summed over the bins."""
    bins = np.eye(BINS)[np.minimum((sure * BINS).astype(np.int64), BINS - 1)]
    return np.asarray(np.abs(drawn @ (bins * (sure - right)[:, None])).sum(1))


def _share(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def _mean_of_known(values: Values) -> Values:
    """Mean over the second axis of what is not NaN."""
    known = ~np.isnan(values)
    return _share(np.where(known, values, 0).sum(1), known.sum(1).astype(np.float64))


class ClassProbabilityMetric(GatheredMetric):
    """One of ``CLASS_FIGURES`` over a whole evaluation, across ranks of any length.

    Args:
        name: which figure.
        output_transform: takes the engine's output, returns probabilities and class numbers:
            tensors ``(B, K)`` and ``(B,)``, or lists with an entry for each case.

    Raises:
        UserError: no such figure.
    """

    def __init__(self, name: str, output_transform: Callable[[Any], Any]) -> None:
        if name not in CLASS_FIGURES:
            raise UserError(f"metric: {name!r}, expected one of {', '.join(CLASS_FIGURES)}")

        def stacked(output: Any) -> tuple[Tensor, Tensor]:
            pred, classes = output_transform(output)
            rows = torch.cat([torch.as_tensor(each).reshape(1, -1) for each in pred])
            return rows, torch.as_tensor([int(each) for each in classes], device=rows.device)

        super().__init__(
            lambda probabilities, classes: float(
                class_figures(probabilities.double().cpu().numpy(), classes.long().cpu().numpy())[
                    name
                ][0]
            ),
            output_transform=stacked,
            check_compute_fn=False,
        )
