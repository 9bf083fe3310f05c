"""Restored crops beside what needs no learning: a constant, the mean, a copy, a blurred copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..transforms import gaussian_blur
from .bootstrap import Values
from .skill import SkillMetric, skill_of

ANSWERS = ("constant", "own_mean", "copy", "smooth")
SIGMA = 1.0
CORRUPTED = 1e-3
SCOPES = ("", "corrupted_")
NAMES = ("network", "own_mean", "copy", "smooth")
COLUMNS = 3 + len(NAMES)


def own_mean(targets: Tensor) -> Tensor:
    """Each image's own mean grey value everywhere, which no network is told."""
    return targets.mean((2, 3, 4), keepdim=True).expand_as(targets)


def smooth(images: Tensor, sigma: float = SIGMA) -> Tensor:
    """The images blurred by a Gaussian of ``sigma`` voxels."""
    return gaussian_blur(images, torch.full((len(images),), sigma))


def sums_of(maps: Sequence[Tensor], changed: Tensor) -> Tensor:
    """Sums of n maps ``(B, C, X, Y, Z)``: over all voxels, then the changed ones, ``(B, 2 n)``."""
    stacked = torch.stack(list(maps), dim=1)
    parts = [stacked, stacked * changed[:, None]]
    return torch.cat([part.double().sum((2, 3, 4, 5)) for part in parts], dim=1)


ROUNDING = 1e-6  # of squares in single precision, beside which a spread is none


class RestorationSkill(SkillMetric):
    """Mean squared error of restored images beside that of trivial answers.

    The answers are the best constant (the mean of all targets), each target's own mean, the input
    itself, and the input blurred by a Gaussian of one voxel. ``skill`` is 1 - MSE / (MSE of the
    best answer). Reported are ``mse_<answer>``, and ``corrupted_mse`` with
    ``corrupted_mse_<answer>`` on the voxels where input and target differ by more than 0.001.

    Args:
        answers: which of them; copying is no trivial answer where it is the task.
        inputs: takes the engine's ``image``; returns what lies voxel by voxel over the targets.
        output_transform: takes the engine's output, returns predictions and targets, both
            ``(B, C, X, Y, Z)``.

    Raises:
        UserError: an unknown answer, or none.
    """

    def __init__(
        self,
        answers: Sequence[str] = ANSWERS,
        inputs: Callable[[Tensor], Tensor] = lambda image: image,
        output_transform: Callable[[Any], Sequence[Tensor]] = lambda output: (
            output["pred"],
            output["label"],
        ),
    ) -> None:
        if not answers or not set(answers) <= set(ANSWERS):
            raise UserError(f"answers: {list(answers)}, expected some of {list(ANSWERS)}")
        self.answers, self.inputs = tuple(answers), inputs
        self._pair = output_transform
        super().__init__()

    def collect(self, output: Any) -> Tensor:
        """For all voxels and for the corrupted ones: voxels, targets, their squares, errors."""
        return self.sums(*self.given(output))

    def sums(self, answers: list[Tensor], target: Tensor, changed: Tensor) -> Tensor:
        """What is kept of a batch, of what :meth:`given` returns."""
        errors = [(answer - target).square() for answer in answers]
        maps = [torch.ones_like(target), target, target.square(), *errors]
        return sums_of(maps, changed)

    def given(self, output: Any) -> tuple[list[Tensor], Tensor, Tensor]:
        """The answers in the order of ``NAMES``, the targets, and which voxels are corrupted."""
        prediction, target = (part.float() for part in self._pair(output))
        given = self.inputs(output["image"]).float()
        answers = [prediction, own_mean(target), given, smooth(given)]
        return answers, target, (given - target).abs() > CORRUPTED

    def skill(self, totals: Values) -> Values:
        """1 - MSE / (MSE of the best answer)."""
        errors = self._errors(totals[:, :COLUMNS])
        trivial = np.min([errors[name] for name in self.answers], axis=0)
        return skill_of(errors["network"], trivial)

    def figures(self, totals: Values) -> dict[str, float]:
        """``mse_<answer>`` and, where there are corrupted voxels, ``corrupted_mse[_<answer>]``."""
        found: dict[str, float] = {}
        for index, scope in enumerate(SCOPES):
            part = totals[index * COLUMNS : (index + 1) * COLUMNS]
            if not part[0]:
                continue
            errors = self._errors(part[None])
            found[f"{scope}mse"] = float(errors["network"][0])
            found |= {f"{scope}mse_{name}": float(errors[name][0]) for name in self.answers}
        return found

    @staticmethod
    def _errors(totals: Values) -> dict[str, Values]:
        voxels, total, squares, *sums = totals.T
        counts = np.maximum(voxels, 1)
        means = [part / counts for part in sums]
        constant = squares / counts - (total / counts) ** 2
        constant = np.where(constant > ROUNDING * squares / counts, constant, 0)
        return {**dict(zip(NAMES, means, strict=True)), "constant": constant}
