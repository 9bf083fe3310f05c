"""Classes told apart, beside guessing and naming the most frequent class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from scipy.stats import binom
from torch import Tensor

from ..losses.puzzle import split_heads
from ..transforms.permutations import CUBES
from .bootstrap import Values
from .puzzle import PARTS, correct_parts
from .skill import SkillMetric, skill_of

ANATOMY = 2  # the parts that ask for it: order and turns


class RecognitionSkill(SkillMetric):
    """Accuracy beside chance and the most frequent class.

    ``skill`` is (accuracy - t) / (1 - t), where t is the larger of one over the number of classes
    and the share of the class that is most frequent among all held-out samples. In single scans and
    in resampled ones t is the share of that same class: each of them has another one that happens
    to be frequent there, which nobody could have named. Reported are ``accuracy_chance``,
    ``accuracy_most_frequent`` and ``p_chance``: the probability that guessing gets as many right.
    That one is exact although crops of one scan resemble each other, as the answers are drawn for
    each crop alone.

    Args:
        output_transform: takes the engine's output, returns logits ``(B, K)`` and classes ``(B,)``.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Sequence[Tensor]] = lambda output: (
            output["pred"],
            output["label"],
        ),
    ) -> None:
        self._pair = output_transform
        super().__init__()

    def collect(self, output: Any) -> Tensor:
        """A one, whether right, and the true class one-hot: ``(B, 2 + K)``."""
        logits, classes = self._pair(output)
        right = logits.argmax(1) == classes
        truth = F.one_hot(classes.long(), logits.shape[1])
        return torch.cat([torch.ones_like(right)[:, None], right[:, None], truth], dim=1).double()

    def settle(self, totals: Values) -> None:
        """The class that is most frequent."""
        self._frequent = int(np.argmax(totals[2:]))

    def skill(self, totals: Values) -> Values:
        """(accuracy - t) / (1 - t)."""
        samples, right, *counts = totals.T
        trivial = np.maximum(counts[self._frequent] / samples, 1 / len(counts))
        return skill_of(1 - right / samples, 1 - trivial)

    def figures(self, totals: Values) -> dict[str, float]:
        """Accuracy of the trivial answers, and how likely guessing does as well."""
        samples, right, *counts = totals
        return {
            "accuracy_chance": 1 / len(counts),
            "accuracy_most_frequent": float(max(counts) / samples),
            "p_chance": float(binom.sf(right - 1, samples, 1 / len(counts))),
        }


class PuzzleSkill(SkillMetric):
    """Accuracies of a puzzle's parts beside guessing: order, rotation flags, mask flags.

    ``skill`` is the mean over order and turns of (accuracy - t) / (1 - t), where t is the accuracy
    of the answer that is most frequent among all held-out samples, at least one over the number of
    answers, see :class:`RecognitionSkill`.
    Masks are left out of it: who counts voxels of air tells them, and needs no anatomy. Reported
    are ``accuracy_<part>``, ``accuracy_<part>_chance`` (one over the number of answers),
    ``accuracy_<part>_trivial`` (t), ``skill_<part>`` and ``p_chance_<part>``: the exact probability
    that guessing gets as many right.
    """

    def collect(self, output: Any) -> Tensor:
        """A one, the number of parts, shares of right answers and of flags, the order one-hot."""
        logits, orders, _, flags = split_heads(output["pred"], output["label"])
        right = correct_parts(output["pred"], output["label"])
        on = (flags > 0).double().mean(2)
        shares = [on[:, :2].mean(1, keepdim=True), on[:, 2:]][: right.shape[1] - 1]
        one = torch.ones_like(right[:, :1])
        truth = F.one_hot(orders.long(), logits.shape[1])
        return torch.cat([one, one * right.shape[1], right, *shares, truth], dim=1).double()

    def settle(self, totals: Values) -> None:
        """The order, and the state of each kind of flag, that is most frequent."""
        _, on, orders = _parts(totals[None] / totals[0])
        self._frequent, self._on = int(np.argmax(orders[0])), on[0] >= 0.5

    def skill(self, totals: Values) -> Values:
        """Mean over order and turns, as far as the puzzle has them."""
        right, trivial = self._shares(totals)
        return skill_of(1 - right, 1 - trivial)[:, :ANATOMY].mean(1)

    def figures(self, totals: Values) -> dict[str, float]:
        """Each part's accuracy, those of the trivial answers and its skill."""
        right, trivial = (part[0] for part in self._shares(totals[None]))
        skills = skill_of(1 - right, 1 - trivial)
        samples, orders = totals[0], len(totals) - 1 - 2 * len(right)
        # A guess at an order, at both turns of each cube, at whether each is masked.
        guesses = [(1, 1 / orders), (2 * CUBES, 0.5), (CUBES, 0.5)]
        found: dict[str, float] = {}
        for index, name in enumerate(PARTS[1 : len(right) + 1]):
            each, chance = guesses[index]
            hits = round(right[index] * samples * each)
            found[f"accuracy_{name}"] = float(right[index])
            found[f"accuracy_{name}_chance"] = chance
            found[f"accuracy_{name}_trivial"] = float(trivial[index])
            found[f"p_chance_{name}"] = float(binom.sf(hits - 1, samples * each, chance))
            found[f"skill_{name}"] = float(skills[index])
        return found

    def _shares(self, totals: Values) -> tuple[Values, Values]:
        """Right and trivial accuracy of each part, ``(R, parts)``."""
        right, on, orders = _parts(totals / totals[:, :1])
        order = np.maximum(orders[:, self._frequent, None], 1 / orders.shape[1])
        flags = np.maximum(np.where(self._on, on, 1 - on), 0.5)
        return right, np.concatenate([order, flags], axis=1)


def _parts(means: Values) -> tuple[Values, Values, Values]:
    """Of means over samples: right answers, flags that are on, orders."""
    parts = round(float(means[0, 1]))
    right, on, orders = np.split(means[:, 2:], [parts, 2 * parts - 1], axis=1)
    return right, on, orders
