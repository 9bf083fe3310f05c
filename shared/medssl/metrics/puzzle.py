"""How many puzzles are solved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from ignite.exceptions import NotComputableError
from ignite.metrics import Metric
from ignite.metrics.metric import reinit__is_reduced, sync_all_reduce
from torch import Tensor

from ..errors import UserError
from ..losses.puzzle import split_heads

PARTS = ("mean", "order", "rotation", "mask")


def correct_parts(pred: Tensor, target: Tensor) -> Tensor:
    """Share of right answers of each sample: ``(B, 1 to 3)`` for order, rotation and mask.

    Rotation is the mean over both rotation heads, mask the third flag head.
    """
    order_logits, orders, flag_logits, flags = split_heads(pred, target)
    right = ((flag_logits > 0) == (flags > 0)).double().mean(2)
    parts = [(order_logits.argmax(1) == orders).double()]
    if right.shape[1] >= 2:
        parts.append(right[:, :2].mean(1))
    if right.shape[1] >= 3:
        parts.append(right[:, 2])
    return torch.stack(parts, dim=1)


class PuzzleAccuracy(Metric):
    """Accuracy of one part, or the mean of the parts a puzzle has.

    Args:
        part: one of ``PARTS``.
        output_transform: takes the engine's output, returns logits and targets.

    Raises:
        UserError: unknown part, or a part that the puzzle does not have.
    """

    def __init__(
        self,
        part: str = "mean",
        output_transform: Callable[[Any], Sequence[Tensor]] = lambda output: (
            output["pred"],
            output["label"],
        ),
    ) -> None:
        if part not in PARTS:
            raise UserError(f"part: expected one of {list(PARTS)}, got '{part}'")
        self.part = part
        super().__init__(output_transform=output_transform)

    @reinit__is_reduced
    def reset(self) -> None:
        """Start a new run."""
        self._right = torch.zeros(len(PARTS) - 1, dtype=torch.float64)
        self._samples = 0
        self._parts = 0

    @reinit__is_reduced
    def update(self, output: Sequence[Tensor]) -> None:
        """Add a batch."""
        right = correct_parts(output[0].detach(), output[1].detach()).sum(0).cpu()
        self._parts = len(right)
        self._right[: self._parts] += right
        self._samples += len(output[0])

    @sync_all_reduce("_right", "_samples", "_parts:MAX")
    def compute(self) -> float:
        """Accuracy in [0, 1] over all samples and ranks."""
        if self._samples == 0:
            raise NotComputableError("PuzzleAccuracy needs at least one sample")
        accuracies = (self._right / self._samples)[: self._parts]
        if self.part == "mean":
            return float(accuracies.mean())
        index = PARTS.index(self.part) - 1
        if index >= self._parts:
            raise UserError(f"part: this puzzle has no {self.part}")
        return float(accuracies[index])
