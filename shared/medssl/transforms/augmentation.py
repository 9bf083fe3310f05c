"""Augmentation of image and label: the levels of the study (its Table A1), and a strong one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..errors import UserError
from ..random import decisions, uniform_integers
from .affine import AffineParams, apply_affine, draw_affine
from .flip import draw_flips, flip
from .grey_values import GreyParams, change_grey, draw_grey
from .rotate import quarter_turns
from .rows import SampleParams, apply_where


@dataclass(frozen=True)
class Level:
    """Probabilities and ranges of one level; 0 leaves a step out.

    ``grey`` says whether grey values change as well, see :mod:`~.grey_values`.
    """

    flip: float = 0.0
    quarter_turn: float = 0.0
    rotate: float = 0.0
    max_degrees: float = 0.0
    scale: float = 0.0
    grey: bool = False


LEVELS = {
    "none": Level(),
    "S1": Level(flip=0.5),
    "S2": Level(quarter_turn=0.5),
    "S3": Level(flip=0.5, rotate=0.3, max_degrees=10),
    "S4": Level(quarter_turn=0.5, rotate=0.3, max_degrees=20),
    "S5": Level(flip=0.5, quarter_turn=0.5, rotate=0.6, max_degrees=30),
    "S6": Level(flip=0.5, quarter_turn=0.5, rotate=0.6, max_degrees=30, scale=0.4),
    # After nnU-Net's default, for tasks of today.
    "strong": Level(flip=0.5, rotate=0.3, max_degrees=30, scale=0.3, grey=True),
}
SCALE_RANGE = (0.8, 1.2)
AXES = "xyz"


@dataclass(frozen=True)
class AugmentationParams(SampleParams):
    """``flips`` ``(B, 3)`` bool, ``turns`` ``(B,)``, ``degrees``, ``scales`` ``(B, 3)``, greys."""

    flips: Tensor
    turns: Tensor
    degrees: Tensor
    scales: Tensor
    grey: GreyParams


class Augmentation:
    """Flip, turn, rotate and scale image and label alike, each sample by its own seed.

    Flips act on the axes asked for, quarter turns in the plane that keeps the crop's shape (x-y),
    rotation about all axes. Labels are looked up by nearest neighbour. The level ``strong`` changes
    the images' grey values too.

    Args:
        level: one of ``LEVELS``.
        flip_axes: those that may be mirrored, some of ``xyz``; without ``x`` where left and right
            are classes.

    Raises:
        UserError: unknown level or axes.
    """

    def __init__(self, level: str = "none", flip_axes: str = AXES) -> None:
        if level not in LEVELS:
            raise UserError(f"augmentation: expected one of {list(LEVELS)}, got '{level}'")
        if not isinstance(flip_axes, str) or not set(flip_axes) <= set(AXES):
            raise UserError(f"flip_axes: {flip_axes!r}, expected some of '{AXES}', or ''")
        self.level = LEVELS[level]
        self.mirrored = torch.tensor([axis in flip_axes for axis in AXES])

    def draw(self, seeds: Tensor) -> AugmentationParams:
        """Decide for samples with ``seeds`` ``(B,)``."""
        turned, turns, rotated, scaled = decisions(seeds, 4, "augmentation").unbind(1)
        moved = draw_affine(seeds, self.level.max_degrees, SCALE_RANGE, isotropic=True)
        still = (rotated >= self.level.rotate)[:, None]
        unscaled = (scaled >= self.level.scale)[:, None]
        return AugmentationParams(
            flips=draw_flips(seeds, self.level.flip) & self.mirrored,
            turns=uniform_integers(turns, 1, 3) * (turned < self.level.quarter_turn),
            degrees=moved.degrees.masked_fill(still, 0.0),
            scales=moved.scales.masked_fill(unscaled, 1.0),
            grey=draw_grey(seeds),
        )

    def apply(
        self, images: Tensor, labels: Tensor, params: AugmentationParams
    ) -> tuple[Tensor, Tensor]:
        """Transform images and labels ``(B, C, X, Y, Z)`` by the same parameters."""
        return self.images(images, params), self.move(labels, params, "nearest")

    def images(self, images: Tensor, params: AugmentationParams) -> Tensor:
        """Transform images ``(B, C, X, Y, Z)`` in [0, 1] alone."""
        moved = self.move(images, params)
        return change_grey(moved, params.grey) if self.level.grey else moved

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
