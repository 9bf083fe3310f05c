"""Partners found among all held-out pairs, beside finding them by grey values alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..errors import UserError
from ..losses.nt_xent import nt_xent
from .bootstrap import Values
from .contrastive import found_partner
from .skill import SkillMetric, skill_of

BINS = 32
SIDE = 4
FEATURES = 2 * (BINS + SIDE**3)


def histogram(images: Tensor) -> Tensor:
    """Grey-value histograms of images ``(B, X, Y, Z)`` in [0, 1]: ``(B, 32)``, each of sum 1."""
    flat = (images.clamp(0, 1) * BINS).long().clamp_max(BINS - 1).flatten(1)
    counts = torch.zeros(len(images), BINS, device=images.device)
    return counts.scatter_add_(1, flat, torch.ones_like(flat, dtype=counts.dtype)) / flat.shape[1]


def thumbnail(images: Tensor) -> Tensor:
    """Means of 4 x 4 x 4 blocks of images ``(B, X, Y, Z)``, less their mean: ``(B, 64)``."""
    small = F.adaptive_avg_pool3d(images[:, None], SIDE).flatten(1)
    return small - small.mean(1, keepdim=True)


class MatchingSkill(SkillMetric):
    """Retrieval of partners by embeddings, beside retrieval without features.

    For each first view its partner is sought among all second views, or, with ``among``, in rounds
    of so many crops of each scan: more crops than a scan holds without overlap hide each other, and
    more rounds make the figures surer. ``skill`` is (r - t) / (1 - t)
    where r is the share found by the embeddings and t the best of chance (one over the number of
    pairs), of the views' histograms (32 bins, sum of absolute differences) and of their voxels
    averaged to 4 x 4 x 4 (correlation). Reported are ``retrieval_top1`` (r), ``retrieval_chance``,
    ``retrieval_histogram`` and ``retrieval_voxels``. The interval keeps the pool of pairs and
    resamples the scans of the first views. With a ``temperature``, ``nt_xent`` is the NT-Xent loss
    of all pairs as one batch, and ``nt_xent_alike`` that of embeddings which are all alike.

    Args:
        embeddings: takes the engine's output, returns ``(B, 2F)``, the two views side by side.
        name: of the skill among the metrics.
        temperature: of the loss that is reported.
        among: crops of each scan in a round, in the order they come; None: all at once.

    Raises:
        UserError: ``among`` is no number of crops.
    """

    def __init__(
        self,
        embeddings: Callable[[Any], Tensor] = lambda output: output["pred"],
        name: str = "skill",
        temperature: float | None = None,
        among: int | None = None,
    ) -> None:
        if among is not None and (not isinstance(among, int) or among < 2):
            raise UserError(f"search_crops: {among!r}, expected 2 or more crops, or null for all")
        self._embeddings = embeddings
        self._temperature, self._among = temperature, among
        super().__init__(name)

    def collect(self, output: Any) -> Tensor:
        """Features of the grey values and embeddings, both views of each: ``(B, 192 + 2F)``."""
        views = output["image"][:, :2].float().unbind(1)
        plain = [part(view) for part in (histogram, thumbnail) for view in views]
        return torch.cat([*plain, self._embeddings(output).float()], dim=1)

    def tally(self, kept: Tensor) -> Values:
        """A one and whether embedding, histogram and voxels find the partner, for each pair."""
        bars, others = kept[:, : 2 * BINS].chunk(2, dim=1)
        voxels, other_voxels = kept[:, 2 * BINS : FEATURES].chunk(2, dim=1)
        first, second = kept[:, FEATURES:].chunk(2, dim=1)
        hits = torch.zeros(len(kept), 3, dtype=torch.float64)
        self._chance = 0.0
        for rows in self._rounds():
            hits[rows, 0] = found_partner(first[rows], second[rows])
            hits[rows, 1] = found_partner(bars[rows], others[rows], cosine=False)
            hits[rows, 2] = found_partner(voxels[rows], other_voxels[rows])
            self._chance += 1 / len(kept)  # of each round one pair is found by chance
        if self._temperature is not None:
            pairs = F.normalize(torch.stack([first, second], dim=1), dim=2)
            self._loss = float(nt_xent(pairs, pairs, 0, self._temperature))
        found: Values = torch.cat([torch.ones_like(hits[:, :1]), hits], dim=1).numpy()
        return found

    def _rounds(self) -> list[Tensor]:
        """The pairs of each round."""
        seen: Counter[str] = Counter()
        numbers = []
        for case in self.gathered_cases:
            numbers.append(0 if self._among is None else seen[case] // self._among)
            seen[case] += 1
        rounds = torch.tensor(numbers)
        return [(rounds == number).nonzero()[:, 0] for number in rounds.unique()]

    def skill(self, totals: Values) -> Values:
        """(r - t) / (1 - t)."""
        found = totals[:, 1:] / totals[:, :1]
        trivial = np.maximum(found[:, 1:].max(1), self._chance)
        return skill_of(1 - found[:, 0], 1 - trivial)

    def figures(self, totals: Values) -> dict[str, float]:
        """Share of partners that the trivial answers find, and the loss beside all-alike ones'."""
        losses = {}
        if self._temperature is not None:
            losses = {"nt_xent": self._loss, "nt_xent_alike": math.log(2 * totals[0] - 1)}
        return {
            **losses,
            "retrieval_top1": float(totals[1] / totals[0]),
            "retrieval_chance": self._chance,
            "retrieval_histogram": float(totals[2] / totals[0]),
            "retrieval_voxels": float(totals[3] / totals[0]),
        }
