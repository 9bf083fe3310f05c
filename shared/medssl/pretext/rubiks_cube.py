"""Rubik's cube: in which order do the cubes lie, and which are turned?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..random import decisions
from ..transforms import SampleParams, arrange_cubes, puzzle_orders
from ..transforms.permutations import CUBES
from .base import PretextTransform, Shape, check_rates
from .jigsaw import check_cubes, draw_orders


@dataclass(frozen=True)
class RubiksCubeParams(SampleParams):
    """``classes`` ``(B,)`` and ``orders`` ``(B, 8)`` int64; flags ``(B, 8)`` bool by position."""

    classes: Tensor
    orders: Tensor
    horizontal: Tensor
    vertical: Tensor


class RubiksCubePretext(PretextTransform[RubiksCubeParams]):
    """Order and half turns of eight cubes (Zhuang et al. 2019; the paper's RKB).

    After shuffling as in :class:`JigsawPretext` each cube is turned by 180 degrees about x
    (horizontal), about z (vertical), both or neither. Targets ``(B, 17)`` int64: the class of the
    order, eight horizontal flags, eight vertical ones, by position.

    Args:
        permutations: "maximin" or "greedy_sum", see :func:`~medssl.transforms.puzzle_orders`.
        classes: number of orders.
        turn_rate: probability of each turn.
        exclusive_rotations: no cube gets both turns, as in the study, which has each with
            probability 1/3; ``turn_rate`` must then be at most 1/2.

    Raises:
        UserError: the images do not have eight channels, or an argument is out of range.
    """

    def __init__(
        self,
        permutations: str = "maximin",
        classes: int = 100,
        turn_rate: float = 0.5,
        exclusive_rotations: bool = False,
    ) -> None:
        check_rates(turn_rate=turn_rate * (2 if exclusive_rotations else 1))
        self.orders = torch.tensor(puzzle_orders(permutations, classes))
        self.turn_rate, self.exclusive = turn_rate, exclusive_rotations

    def draw(self, seeds: Tensor, shape: Shape) -> RubiksCubeParams:  # noqa: ARG002
        classes = draw_orders(seeds, len(self.orders))
        uniforms = decisions(seeds, 2 * CUBES, "rubiks-turns").unflatten(1, (2, CUBES))
        horizontal = uniforms[:, 0] < self.turn_rate
        vertical = uniforms[:, 1] < self.turn_rate
        if self.exclusive:
            vertical = ~horizontal & (uniforms[:, 0] < 2 * self.turn_rate)
        return RubiksCubeParams(classes, self.orders[classes], horizontal, vertical)

    def apply(self, images: Tensor, params: RubiksCubeParams) -> tuple[Tensor, Tensor]:
        check_cubes(images)
        cubes = arrange_cubes(images, params.orders, params.horizontal, params.vertical)
        flags = [params.classes[:, None], params.horizontal.long(), params.vertical.long()]
        return cubes, torch.cat(flags, dim=1).to(images.device)
