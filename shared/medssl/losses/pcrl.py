"""PCRL's loss: InfoNCE over a queue of earlier keys, and reconstruction."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..channels import channel_to_numbers
from ..errors import UserError
from .nt_xent import gather

RECONSTRUCTIONS = 3


class KeyQueue(nn.Module):
    """The most recent keys, first in, first out (He et al., MoCo, 2020).

    ``keys`` ``(size, features)`` and ``pushed``, the number of keys that ever came in, are buffers:
    they are saved and resumed with whatever module holds the queue.

    Args:
        size: how many keys it holds.
        features: length of a key.
        device: where it lives.

    Raises:
        UserError: ``size`` is not positive.
    """

    keys: Tensor
    pushed: Tensor

    def __init__(self, size: int, features: int, device: torch.device | str | None = None) -> None:
        super().__init__()
        if size < 1:
            raise UserError(f"queue_size: expected a positive number, got {size}")
        self.register_buffer("keys", torch.zeros(size, features, device=device))
        self.register_buffer("pushed", torch.zeros((), dtype=torch.int64, device=device))

    def push(self, keys: Tensor) -> None:
        """Let the finite ones of ``keys`` ``(N, features)`` in; the oldest leave.

        One that holds NaN or infinity would spoil every loss until it leaves again.
        """
        size = len(self.keys)
        finite = keys.detach().isfinite().all(dim=1)
        order = finite.cumsum(0)
        kept = finite & (order > order[-1:] - size)
        # What does not come in goes to a place behind the queue: nothing waits for the device.
        places = torch.where(kept, (self.pushed + order - 1) % size, size)
        self.pushed = self.pushed + finite.sum()
        # A new tensor, not an update in place: backward still needs the one the loss was made of.
        longer = F.pad(self.keys, (0, 0, 0, 1))
        self.keys = longer.index_copy(0, places, keys.detach().to(longer.dtype))[:-1]

    def scores(self, queries: Tensor) -> Tensor:
        """Products of ``(B, features)`` with all keys, ``(B, size)``; -inf where none came yet."""
        places = torch.arange(len(self.keys), device=queries.device)
        return (queries @ self.keys.T).masked_fill(places >= self.pushed, -torch.inf)


class PCRLLoss(nn.Module):
    """Contrast and preservation (Zhou et al., PCRL, 2021; the paper's PCRL).

    The contrastive part is the mean of two InfoNCE losses: the embedding of crop 1 shall find that
    of crop 2, and that of the hybrid, among all keys of the queue; cosine similarity over
    ``temperature``. The reconstruction part is the mean of the three mean squared errors. Both are
    computed in float32.

    A loss computed with gradients is a training step: afterwards the keys of crop 2 and the hybrid,
    of all ranks in rank order, enter the queue. Without gradients (validation) the queue stays. The
    first step sees no negatives; while the queue fills, the contrastive part grows with the
    logarithm of its length: it is ln(1 + n) for n keys that are all alike.

    Args:
        queue_size: keys kept as negatives, 16384 in the study.
        projection: length of an embedding.
        temperature: 0.2 in the study.
        contrastive_weight: factor of the contrastive part.
        reconstruction_weight: factor of the reconstruction part.
        device: of the queue.

    Raises:
        UserError: ``temperature`` or ``queue_size`` is not positive, a weight is negative, or
            prediction and target do not fit.
    """

    def __init__(
        self,
        queue_size: int = 16384,
        projection: int = 128,
        temperature: float = 0.2,
        contrastive_weight: float = 1.0,
        reconstruction_weight: float = 1.0,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise UserError(f"temperature: expected a positive number, got {temperature}")
        weights = {
            "contrastive_weight": contrastive_weight,
            "reconstruction_weight": reconstruction_weight,
        }
        for name, weight in weights.items():
            if weight < 0:
                raise UserError(f"{name}: expected at least 0, got {weight}")
        self.queue = KeyQueue(queue_size, projection, device)
        self.projection = projection
        self.temperature = temperature
        self.contrastive_weight = contrastive_weight
        self.reconstruction_weight = reconstruction_weight

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """Loss of predictions ``(B, 4, X, Y, Z)`` and targets ``(B, 3, X, Y, Z)``.

        Predictions are the reconstructions and a channel with the embeddings, as
        :class:`~medssl.networks.PCRLNetwork` returns them.
        """
        shape = (len(pred), RECONSTRUCTIONS, *pred.shape[2:])
        if pred.ndim != 5 or pred.shape[1] != RECONSTRUCTIONS + 1 or target.shape != shape:
            raise UserError(
                "PCRLLoss: expected predictions (B, 4, X, Y, Z) and targets (B, 3, X, Y, Z), got "
                f"{tuple(pred.shape)} and {tuple(target.shape)}"
            )
        with torch.autocast(pred.device.type, enabled=False):
            reconstruction = F.mse_loss(pred[:, :RECONSTRUCTIONS].float(), target.float())
            numbers = channel_to_numbers(pred[:, RECONSTRUCTIONS:], 3 * self.projection)
            vectors = F.normalize(numbers.float().unflatten(1, (3, -1)), dim=2)
            contrast = self.contrastive(vectors[:, 0], vectors[:, 1:].detach())
        return self.contrastive_weight * contrast + self.reconstruction_weight * reconstruction

    def contrastive(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Mean InfoNCE of unit vectors ``(B, F)`` with each of their keys ``(B, 2, F)``."""
        positives = torch.einsum("bf,bkf->bk", queries, keys)
        negatives = self.queue.scores(queries)
        losses = [info_nce(column, negatives, self.temperature) for column in positives.T]
        if torch.is_grad_enabled():
            self.queue.push(gather(keys).flatten(0, 1))
        return torch.stack(losses).mean()


def info_nce(positives: Tensor, negatives: Tensor, temperature: float) -> Tensor:
    """Mean cross-entropy of finding the positive (van den Oord et al. 2018, Eq. 4).

    Args:
        positives: ``(B,)`` similarities with the partner.
        negatives: ``(B, K)`` similarities with the others; -inf counts for nothing.
        temperature: divides the similarities.
    """
    logits = torch.cat([positives[:, None], negatives], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros_like(positives, dtype=torch.int64))
