"""Overlap and surface distance case by case, with one rule for what is empty.

A class that is in neither the truth nor the prediction of a case has no figure: it is NaN there, is
left out of all means, and is counted in ``metrics.json``. A class that was missed altogether, or
marked where there is none, has overlap 0 and no surface distance. The overall mean is that of the
cases' means over their classes, as MONAI's metrics and its summary tables have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from ignite.engine import Engine
from monai.handlers import IgniteMetricHandler
from monai.metrics import (
    CumulativeIterationMetric,
    compute_average_surface_distance,
    compute_hausdorff_distance,
)
from torch import Tensor

from ..errors import UserError

THRESHOLDS = tuple(0.5 + 0.05 * step for step in range(10))
Figure = Callable[[Tensor, Tensor], Tensor]
Numbers = Sequence[int | Sequence[int]]  # of a map: a class, or the parts of a region


class _CaseMetric(CumulativeIterationMetric):
    """Collect ``figure(pred, label)`` ``(B, columns)``; mean over cases of their means, no NaN."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self.figure = figure

    def _compute_tensor(self, y_pred: Tensor, y: Tensor | None = None, **_: Any) -> Tensor:
        if y is None or y_pred.shape != y.shape:
            raise ValueError(f"expected prediction and label of one shape, got {y_pred.shape}, {y}")
        return self.figure(y_pred.as_subclass(Tensor), y.as_subclass(Tensor))

    def aggregate(self, *_: Any, **__: Any) -> Tensor:
        return torch.as_tensor(self.get_buffer()).nanmean(1).nanmean()


def overlap(kind: str, pred: Tensor, label: Tensor, classes: Numbers) -> Tensor:
    """Dice or intersection over union of each case and class.

    Args:
        kind: "dice" or "iou".
        pred: ``(B, 1, ...)`` class numbers.
        label: the same shape.
        classes: the classes to compare, a number each or several.

    Returns:
        ``(B, len(classes))`` float64, NaN where the class is in neither.
    """
    columns = []
    for number in classes:
        ours, truth = (_inside(part, number).flatten(1) for part in (pred, label))
        shared = (ours & truth).sum(1).double()
        both = ours.sum(1) + truth.sum(1)
        columns.append(2 * shared / both if kind == "dice" else shared / (both - shared))
    return torch.stack(columns, dim=1)


def _inside(numbers: Tensor, wanted: int | Sequence[int]) -> Tensor:
    if isinstance(wanted, int):
        return numbers == wanted
    return torch.isin(numbers, torch.tensor(wanted, device=numbers.device).to(numbers.dtype))


class OverlapHandler(IgniteMetricHandler):
    """Mean overlap over cases and classes, the single figures as details.

    Args:
        kind: "dice" or "iou".
        classes: class numbers that count, of a region several.
        output_transform: gives predictions and labels, class numbers with one channel.

    Raises:
        UserError: another kind.
    """

    def __init__(
        self, kind: str, output_transform: Callable[[Any], Any], classes: Numbers = (1,)
    ) -> None:
        if kind not in ("dice", "iou"):
            raise UserError(f"overlap: {kind!r}, expected dice or iou")
        metric = _CaseMetric(lambda pred, label: overlap(kind, pred, label, classes))
        super().__init__(metric_fn=metric, output_transform=output_transform)


def threshold_iou(probability: Tensor, label: Tensor, background: bool) -> Tensor:
    """Mean over ten thresholds of the intersection over union (the study's mIoU and mIoU+).

    Args:
        probability: ``(B, 1, ...)`` in [0, 1].
        label: the same shape, 0 or 1.
        background: average foreground and background (mIoU), else foreground alone (mIoU+).

    Returns:
        ``(B, 1)`` float64. Thresholds at which neither has foreground are left out; NaN where that
        is all of them, so marks on a case without foreground do count, with mIoU+ 0.
    """
    figures = []
    for threshold in THRESHOLDS:
        inside = (probability > threshold).long()
        classes = (0, 1) if background else (1,)
        figures.append(overlap("iou", inside, label.long(), classes).mean(1))
    return torch.stack(figures).nanmean(0)[:, None]


class ThresholdIoUHandler(IgniteMetricHandler):
    """The study's mIoU or mIoU+ over cases; see :func:`threshold_iou`.

    Args:
        output_transform: gives probabilities and labels.
        background: mIoU, else mIoU+.
    """

    def __init__(self, output_transform: Callable[[Any], Any], background: bool = True) -> None:
        metric = _CaseMetric(lambda pred, label: threshold_iou(pred, label, background))
        super().__init__(metric_fn=metric, output_transform=output_transform)


def surface_distance(
    kind: str, pred: Tensor, label: Tensor, classes: Numbers, spacing: Sequence[float]
) -> Tensor:
    """Distances of the surfaces of each case and class in mm.

    Args:
        kind: "assd", the average symmetric surface distance, or "hd95", the 95th percentile.
        pred: ``(B, 1, X, Y, Z)`` class numbers.
        label: the same shape.
        classes: the classes to compare, a number each or several.
        spacing: voxel size x, y, z in mm.

    Returns:
        ``(B, len(classes))``, NaN where the class is missing in one or in both.
    """
    ours, truth = (
        torch.cat([_inside(part, number) for number in classes], dim=1).float()
        for part in (pred, label)
    )
    there = (ours.flatten(2).any(2)) & (truth.flatten(2).any(2))
    options: dict[str, Any] = {"include_background": True, "spacing": list(spacing)}
    found = torch.full(there.shape, float("nan"), dtype=torch.float64)
    for row, column in there.nonzero().tolist():
        pair = [part[row, None, column, None] for part in (ours, truth)]
        if kind == "assd":
            distance = compute_average_surface_distance(*pair, symmetric=True, **options)
        else:
            distance = compute_hausdorff_distance(*pair, percentile=95, **options)
        found[row, column] = distance.item()
    return found


class SurfaceDistanceHandler(IgniteMetricHandler):
    """Mean surface distance in mm over cases and classes; see :func:`surface_distance`.

    The voxel size is that of each batch (``spacing_mm``, ``(B, 3)``, or of decollated samples).

    Args:
        kind: "assd" or "hd95".
        output_transform: gives predictions and labels, class numbers with one channel.
        classes: class numbers that count, of a region several.

    Raises:
        UserError: another kind, or, when it runs, a batch of several voxel sizes.
    """

    def __init__(
        self, kind: str, output_transform: Callable[[Any], Any], classes: Numbers = (1,)
    ) -> None:
        if kind not in ("assd", "hd95"):
            raise UserError(f"surface distance: {kind!r}, expected assd or hd95")
        self.spacing: list[float] = []
        metric = _CaseMetric(
            lambda pred, label: surface_distance(kind, pred, label, classes, self.spacing)
        )
        super().__init__(metric_fn=metric, output_transform=output_transform)

    def iteration_completed(self, engine: Engine) -> None:
        """Take a batch and its voxel size."""
        batch = engine.state.batch
        samples = (
            batch["spacing_mm"] if isinstance(batch, dict) else [b["spacing_mm"] for b in batch]
        )
        sizes = {tuple(map(float, size)) for size in samples}
        if len(sizes) != 1:
            raise UserError(
                f"surface distance: a batch of voxel sizes {sorted(sizes)}, expected one"
            )
        self.spacing = list(sizes.pop())
        super().iteration_completed(engine)
