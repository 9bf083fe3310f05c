"""The joint loss of a puzzle's heads (paper, equations 6 and 8)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..errors import UserError
from ..transforms.permutations import CUBES


def split_heads(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Take concatenated heads apart.

    Args:
        pred: ``(B, classes + 8 F)`` logits.
        target: ``(B, 1 + 8 F)`` class of the order, then the flags of F heads.

    Returns:
        Order logits ``(B, classes)``, orders ``(B,)``, flag logits and flags ``(B, F, 8)``.

    Raises:
        UserError: the sizes do not fit together.
    """
    flags = target.shape[1] - 1
    classes = pred.shape[1] - flags
    if flags % CUBES or classes < 2:
        raise UserError(
            f"puzzle: {pred.shape[1]} logits for {flags} flags; network (flag_heads) and pretext "
            "transform do not fit together"
        )
    shape = (len(pred), flags // CUBES, CUBES)
    return (
        pred[:, :classes],
        target[:, 0],
        pred[:, classes:].reshape(shape),
        target[:, 1:].reshape(shape),
    )


class PuzzleLoss(nn.Module):
    """Cross-entropy of the order plus weighted binary cross-entropies of the flag heads.

    Each head's binary cross-entropy is the mean over its eight outputs. Computed in float32.

    Args:
        weights: order, then each flag head: horizontal (alpha), vertical (beta), mask (gamma).
    """

    def __init__(self, weights: Sequence[float] = (1.0,)) -> None:
        super().__init__()
        self.weights = tuple(weights)

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Loss of logits ``(B, classes + 8 F)`` and targets ``(B, 1 + 8 F)``.

        Raises:
            UserError: there is not one weight for each head.
        """
        with torch.autocast(pred.device.type, enabled=False):
            order_logits, orders, flag_logits, flags = split_heads(pred.float(), target)
            heads = flags.shape[1]
            if len(self.weights) != 1 + heads:
                raise UserError(f"loss weights: {list(self.weights)}, expected {1 + heads}")
            loss = self.weights[0] * F.cross_entropy(order_logits, orders)
            for head, weight in enumerate(self.weights[1:]):
                loss = loss + weight * F.binary_cross_entropy_with_logits(
                    flag_logits[:, head], flags[:, head].float()
                )
            return loss
