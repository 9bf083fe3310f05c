"""Cross-entropy in which rare classes may count as much as frequent ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import UserError

BALANCED = "balanced"


class BalancedCrossEntropy(nn.Module):
    """Softmax cross-entropy of classes that exclude each other, two as well.

    Args:
        counts: samples of each class in training, each above 0.
        class_weights: ``balanced`` weighs a sample by n / (K * n_k), so that all classes weigh the
            same together; None counts every sample once.

    Raises:
        UserError: another word.
    """

    def __init__(self, counts: Sequence[int], class_weights: str | None = BALANCED) -> None:
        super().__init__()
        if class_weights not in (BALANCED, None):
            raise UserError(f"class_weights: {class_weights!r}, expected {BALANCED} or null")
        numbers = torch.tensor(counts, dtype=torch.float32)
        self.weight = numbers.sum() / (len(numbers) * numbers) if class_weights else None

    def forward(self, logits: Tensor, classes: Tensor) -> Tensor:
        """The loss of logits ``(B, K)`` and class numbers ``(B,)``.

        The mean over the batch of each sample's loss times its weight: divided by B, not by the
        weights there, which would undo them where a batch holds one class alone.
        """
        weight = None if self.weight is None else self.weight.to(logits)
        total = nn.functional.cross_entropy(logits, classes, weight, reduction="sum")
        return total / len(logits)
