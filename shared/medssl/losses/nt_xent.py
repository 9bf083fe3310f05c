"""NT-Xent, the contrastive loss of SimCLR (Chen et al. 2020, Eq. 1; the paper's Eq. 11)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, distributed, nn

from ..errors import UserError


class _Gather(torch.autograd.Function):
    """All ranks' rows in rank order; the gradient of a row is summed over the ranks using it."""

    @staticmethod
    def forward(ctx: Any, local: Tensor) -> Tensor:
        ctx.rows = len(local)
        rows = [torch.empty_like(local) for _ in range(distributed.get_world_size())]
        distributed.all_gather(rows, local.contiguous())
        return torch.cat(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        first = distributed.get_rank() * ctx.rows
        return total[first : first + ctx.rows]


def gather(local: Tensor) -> Tensor:
    """Concatenate ``(B, ...)`` over all ranks, differentiably; the input itself on one rank."""
    if distributed.is_available() and distributed.is_initialized():
        return _Gather.apply(local)
    return local


def nt_xent(pairs: Tensor, everyone: Tensor, first: int, temperature: float) -> Tensor:
    """Mean loss of unit ``pairs`` ``(B, 2, F)``, the rows of ``everyone`` from ``first`` on."""
    own, total = len(pairs), len(everyone)
    index = torch.arange(first, first + own, device=pairs.device)
    candidates = torch.cat([everyone[:, 0], everyone[:, 1]])
    losses = []
    for view in (0, 1):
        logits = pairs[:, view] @ candidates.T / temperature
        itself = F.one_hot(index + view * total, 2 * total).bool()
        logits = logits.masked_fill(itself, -torch.inf)
        losses.append(F.cross_entropy(logits, index + (1 - view) * total))
    return (losses[0] + losses[1]) / 2


class NTXentLoss(nn.Module):
    """Find each view's partner among the views of the whole, joint batch.

    Cosine similarity over ``temperature``, self-similarity left out, cross-entropy, in float32.
    With several ranks the negatives come from all of them and each rank's own views are the
    anchors: the mean over ranks is the loss of one process with the joint batch, and so is the
    gradient that DistributedDataParallel averages. All ranks must bring equally many pairs.

    Args:
        temperature: 0.07 in the study.

    Raises:
        UserError: ``temperature`` is not positive, the embeddings do not split into two views, or
            the joint batch is a single pair, which has no negatives: its loss is 0 whatever it is.
    """

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        if temperature <= 0:
            raise UserError(f"temperature: expected a positive number, got {temperature}")
        self.temperature = temperature

    def forward(self, pred: Tensor, target: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Mean loss of embeddings ``(B, 2F)``, the two views of a pair side by side."""
        if pred.ndim != 2 or pred.shape[1] % 2:
            raise UserError(
                f"NTXentLoss: expected embeddings (B, 2F), got {tuple(pred.shape)}; the network "
                "must return both views of a pair side by side"
            )
        with torch.autocast(pred.device.type, enabled=False):
            return self._loss(F.normalize(pred.float().unflatten(1, (2, -1)), dim=2))

    def _loss(self, pairs: Tensor) -> Tensor:
        everyone = gather(pairs)
        own = len(pairs)
        if len(everyone) < 2:
            raise UserError(
                f"batch_size: {len(everyone)}, expected 2 or more: the negatives of a pair are the "
                "other pairs of its batch"
            )
        first = distributed.get_rank() * own if len(everyone) != own else 0
        return nt_xent(pairs, everyone, first, self.temperature)
