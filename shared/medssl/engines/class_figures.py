"""Metrics of single classes, by their names."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from ignite.engine import Engine, Events

from ..ranks import is_main

OVERLAPS = ("dice", "iou")  # have a figure wherever truth or prediction has the class


class ClassFigures:
    """Add the mean over cases of each class as ``<metric>_<class>`` to an evaluator's metrics.

    It stands before the handlers that write metrics down. Cases without a figure are left out;
    nothing is added where there is one class alone. Classes that no case has, neither in its truth
    nor in its prediction, are listed in the engine's ``state.absent_classes``; their mean is NaN.

    Args:
        classes: their names, in the order of the metrics' columns.
        metrics: those to split up, as far as the evaluator has them.
    """

    def __init__(
        self,
        classes: Sequence[str],
        metrics: Sequence[str] = ("dice", "dice_own_grid", "iou", "assd", "hd95"),
    ) -> None:
        self.classes, self.metrics = list(classes), list(metrics)

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator whose metrics keep their details."""
        if is_main():
            engine.add_event_handler(Events.COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        details = getattr(engine.state, "metric_details", {})
        absent: set[str] = set()
        for metric in self.metrics:
            if metric not in details:
                continue
            means = torch.as_tensor(details[metric]).reshape(-1, len(self.classes)).nanmean(0)
            figures = dict(zip(self.classes, means.tolist(), strict=True))
            if metric in OVERLAPS:
                absent |= {name for name, value in figures.items() if math.isnan(value)}
            if len(figures) > 1:
                engine.state.metrics |= {f"{metric}_{name}": figures[name] for name in figures}
        engine.state.absent_classes = [name for name in self.classes if name in absent]
