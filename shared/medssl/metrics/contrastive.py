"""How good, and how collapsed, paired embeddings are."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from .gathered import GatheredMetric


def found_partner(first: Tensor, second: Tensor, cosine: bool = True) -> Tensor:
    """Whether the nearest of ``second`` ``(N, F)`` to each of ``first`` is its partner: ``(N,)``.

    Nearest by cosine, or by sum of absolute differences; of equally near ones a share counts.
    """
    if cosine:
        distances = -F.normalize(first) @ F.normalize(second).T
    else:
        distances = torch.cdist(first, second, p=1)
    nearest = distances.amin(1, keepdim=True) + 1e-6
    ties = (distances <= nearest).sum(1)
    return (distances.diagonal() <= nearest[:, 0]).double() / ties


def retrieval_top1(first: Tensor, second: Tensor) -> Tensor:
    """Share of first views ``(N, F)`` whose nearest second view, by cosine, is their partner."""
    return found_partner(first, second).mean()


def alignment(first: Tensor, second: Tensor) -> Tensor:
    """Mean squared distance of partners on the unit sphere; 0 is best (Wang & Isola 2020)."""
    return (F.normalize(first) - F.normalize(second)).square().sum(1).mean()


def uniformity(embeddings: Tensor, t: float = 2.0) -> Tensor:
    """Log mean Gaussian potential of all pairs; lower is more spread (Wang & Isola 2020)."""
    distances = torch.pdist(F.normalize(embeddings)).square()
    return distances.mul(-t).exp().mean().log()


def spread(embeddings: Tensor) -> Tensor:
    """Mean standard deviation per unit-sphere coordinate, times sqrt(F): 0 collapsed, 1 spread."""
    return F.normalize(embeddings).std(0).mean() * embeddings.shape[1] ** 0.5


def effective_rank(embeddings: Tensor) -> Tensor:
    """Exponential of the entropy of the normalised singular values (Roy & Vetterli 2007)."""
    values = torch.linalg.svdvals(embeddings - embeddings.mean(0))
    share = values / values.sum().clamp_min(1e-12)
    return torch.special.entr(share).sum().exp()


FIGURES = ("retrieval_top1", "alignment", "uniformity", "spread", "effective_rank")


def figure(name: str, pairs: Tensor) -> float:
    """One of ``FIGURES`` of embeddings ``(N, 2F)``, the two views side by side."""
    first, second = pairs.float().unflatten(1, (2, -1)).unbind(1)
    if name in ("retrieval_top1", "alignment"):
        paired = {"retrieval_top1": retrieval_top1, "alignment": alignment}[name]
        return paired(first, second).item()
    single = {"uniformity": uniformity, "spread": spread, "effective_rank": effective_rank}[name]
    return single(first).item()


class ContrastiveMetric(GatheredMetric):
    """One of ``FIGURES`` over a whole validation run, across ranks.

    Args:
        name: which figure.
        output_transform: takes the engine's output, returns embeddings ``(B, 2F)``.
    """

    def __init__(self, name: str, output_transform: Any) -> None:
        super().__init__(
            lambda predictions, _: figure(name, predictions),
            output_transform=lambda output: (output_transform(output),) * 2,
            check_compute_fn=False,
        )
