"""Figures of a two-class task over a whole evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError
from .gathered import GatheredMetric
from .roc import delong

CLASSIFICATION_FIGURES = ("auc", "auc_low", "auc_high", "sensitivity", "specificity")
THRESHOLD = 0.5


def classification_figure(name: str, probabilities: Tensor, labels: Tensor) -> float:
    """One of ``CLASSIFICATION_FIGURES`` of probabilities and labels ``(N,)``.

    ``auc`` with DeLong's 95 % interval; ``sensitivity`` and ``specificity`` are the recall of class
    1 and of class 0 at a probability of 0.5. NaN where a class is missing.
    """
    if name not in CLASSIFICATION_FIGURES:
        raise UserError(f"metric: {name!r}, expected one of {', '.join(CLASSIFICATION_FIGURES)}")
    truth, scores = labels.flatten() > THRESHOLD, probabilities.flatten().double()
    if name in ("sensitivity", "specificity"):
        wanted = truth if name == "sensitivity" else ~truth
        right = (scores >= THRESHOLD) == truth
        return right[wanted].double().mean().item()
    if bool(truth.all()) or not bool(truth.any()):
        return float("nan")
    area = delong(truth.cpu().numpy().astype(int), scores.cpu().numpy())
    return {"auc": area.value, "auc_low": area.low, "auc_high": area.high}[name]


class ClassificationMetric(GatheredMetric):
    """One of ``CLASSIFICATION_FIGURES`` over a whole evaluation, across ranks of any length.

    Args:
        name: which figure.
        output_transform: takes the engine's output, returns probabilities and labels, tensors
            ``(B, N)`` or lists of ``(N,)``, where N may differ.
    """

    def __init__(self, name: str, output_transform: Callable[[Any], Any]) -> None:
        def stacked(output: Any) -> tuple[Tensor, Tensor]:
            pred, label = (
                torch.cat([torch.as_tensor(item).reshape(-1, 1) for item in part])
                for part in output_transform(output)
            )
            return pred, label

        super().__init__(
            lambda predictions, labels: classification_figure(name, predictions, labels),
            output_transform=stacked,
            check_compute_fn=False,
        )
