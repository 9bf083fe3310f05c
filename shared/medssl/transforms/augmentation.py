"""The study's augmentation levels for image and label (paper appendix, Table A1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from torch import Tensor

from ..errors import UserError
from ..random import decisions, uniform_integers
from .affine import AffineParams, apply_affine, draw_affine
from .flip import draw_flips, flip
from .rotate import quarter_turns
from .rows import SampleParams, apply_where


@dataclass(frozen=True)
class Level:
    """Probabilities and ranges of one level; 0 leaves a step out."""

    flip: float = 0.0
    quarter_turn: float = 0.0
    rotate: float = 0.0
    max_degrees: float = 0.0
    scale: float = 0.0


LEVELS = {
    "none": Level(),
    "S1": Level(flip=0.5),
    "S2": Level(quarter_turn=0.5),
    "S3": Level(flip=0.5, rotate=0.3, max_degrees=10),
    "S4": Level(quarter_turn=0.5, rotate=0.3, max_degrees=20),
    "S5": Level(flip=0.5, quarter_turn=0.5, rotate=0.6, max_degrees=30),
    "S6": Level(flip=0.5, quarter_turn=0.5, rotate=0.6, max_degrees=30, scale=0.4),
}
SCALE_RANGE = (0.8, 1.2)


@dataclass(frozen=True)
class AugmentationParams(SampleParams):
    """``flips`` ``(B, 3)`` bool, ``turns`` ``(B,)``, ``degrees`` and ``scales`` ``(B, 3)``."""

    flips: Tensor
    turns: Tensor
    degrees: Tensor
    scales: Tensor


class Augmentation:
    """Flip, turn, rotate and scale image and label alike, each sample by its own seed.

    Flips act on all axes, quarter turns in the plane that keeps the crop's shape (x-y), rotation
    about all axes. Labels are looked up by nearest neighbour.

    Args:
        level: one of ``LEVELS``.

    Raises:
        UserError: unknown level.
    """

    def __init__(self, level: str = "none") -> None:
        if level not in LEVELS:
            raise UserError(f"augmentation: expected one of {list(LEVELS)}, got '{level}'")
        self.level = LEVELS[level]

    def draw(self, seeds: Tensor) -> AugmentationParams:
        """Decide for samples with ``seeds`` ``(B,)``."""
        turned, turns, rotated, scaled = decisions(seeds, 4, "augmentation").unbind(1)
        moved = draw_affine(seeds, self.level.max_degrees, SCALE_RANGE, isotropic=True)
        still = (rotated >= self.level.rotate)[:, None]
        unscaled = (scaled >= self.level.scale)[:, None]
        return AugmentationParams(
            flips=draw_flips(seeds, self.level.flip),
            turns=uniform_integers(turns, 1, 3) * (turned < self.level.quarter_turn),
            degrees=moved.degrees.masked_fill(still, 0.0),
            scales=moved.scales.masked_fill(unscaled, 1.0),
        )

    def apply(
        self, images: Tensor, labels: Tensor, params: AugmentationParams
    ) -> tuple[Tensor, Tensor]:
        """Transform images and labels ``(B, C, X, Y, Z)`` by the same parameters."""
        return self.move(images, params), self.move(labels, params, "nearest")

    def move(self, images: Tensor, params: AugmentationParams, mode: str = "bilinear") -> Tensor:
        """Transform ``(B, C, X, Y, Z)``; ``mode`` is how values between voxels are made."""
        if self.level == LEVELS["none"]:
            return images
        moved = flip(images, params.flips)
        if self.level.quarter_turn:
            moved = quarter_turns(moved, params.turns)
        moving = (params.degrees != 0).any(1) | (params.scales != 1).any(1)
        affine = AffineParams(params.degrees, params.scales)
        return apply_where(moved, moving, affine, partial(apply_affine, mode=mode))

    def __call__(self, images: Tensor, labels: Tensor, seeds: Tensor) -> tuple[Tensor, Tensor]:
        return self.apply(images, labels, self.draw(seeds.cpu()))
