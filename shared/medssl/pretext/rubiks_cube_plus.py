"""Rubik's cube+: order, turns, and which cubes are masked."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..random import decisions
from ..transforms import SampleParams, mask_cubes
from ..transforms.permutations import CUBES
from .base import PretextTransform, Shape, check_rates
from .rubiks_cube import RubiksCubeParams, RubiksCubePretext


@dataclass(frozen=True)
class RubiksCubePlusParams(SampleParams):
    """``puzzle``: as for Rubik's cube; ``masked`` ``(B, 8)`` bool, ``seeds`` ``(B,)`` of masks."""

    puzzle: RubiksCubeParams
    masked: Tensor
    seeds: Tensor


class RubiksCubePlusPretext(PretextTransform[RubiksCubePlusParams]):
    """Order, half turns and masks of eight cubes (Zhu et al. 2020; the paper's RKB+).

    As :class:`RubiksCubePretext`; then each cube may be masked, which sets some of its voxels to
    air. Targets ``(B, 25)`` int64 end with eight mask flags.

    Args:
        mask_rate: probability of each cube to be masked.
        keep_rate: probability of each voxel of a masked cube to stay.
        permutations, classes, turn_rate, exclusive_rotations: see :class:`RubiksCubePretext`.

    Raises:
        UserError: the images do not have eight channels, or an argument is out of range.
    """

    def __init__(
        self,
        mask_rate: float = 0.5,
        keep_rate: float = 0.5,
        permutations: str = "maximin",
        classes: int = 100,
        turn_rate: float = 0.5,
        exclusive_rotations: bool = False,
    ) -> None:
        check_rates(mask_rate=mask_rate, keep_rate=keep_rate)
        self.mask_rate, self.keep_rate = mask_rate, keep_rate
        self.puzzle = RubiksCubePretext(permutations, classes, turn_rate, exclusive_rotations)

    def draw(self, seeds: Tensor, shape: Shape) -> RubiksCubePlusParams:
        masked = decisions(seeds, CUBES, "puzzle-masked") < self.mask_rate
        return RubiksCubePlusParams(self.puzzle.draw(seeds, shape), masked, seeds)

    def apply(self, images: Tensor, params: RubiksCubePlusParams) -> tuple[Tensor, Tensor]:
        cubes, targets = self.puzzle.apply(images, params.puzzle)
        cubes = mask_cubes(cubes, params.masked, params.seeds, self.keep_rate)
        return cubes, torch.cat([targets, params.masked.long().to(images.device)], dim=1)
