"""Jigsaw: in which order do the eight cubes lie?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UserError
from ..random import decisions, uniform_integers
from ..transforms import SampleParams, permute_cubes, puzzle_orders
from ..transforms.permutations import CUBES
from .base import PretextTransform, Shape


@dataclass(frozen=True)
class JigsawParams(SampleParams):
    """``classes`` ``(B,)`` and ``orders`` ``(B, 8)`` int64: position p shows cube orders[p]."""

    classes: Tensor
    orders: Tensor


class JigsawPretext(PretextTransform[JigsawParams]):
    """Order of eight shuffled cubes (Noroozi & Favaro 2016; the paper's Jigsaw).

    Images are ``(B, 8, X, Y, Z)``: the cubes of a 2 x 2 x 2 grid in row-major order x, y, z, cut by
    a data set with a :class:`~medssl.crops.PatchGrid`. Inputs are the same cubes in one of
    ``classes`` orders, drawn uniformly; targets ``(B, 1)`` int64 are the classes.

    Args:
        permutations: "maximin" or "greedy_sum", see :func:`~medssl.transforms.puzzle_orders`.
        classes: number of orders.

    Raises:
        UserError: the images do not have eight channels, or an argument is out of range.
    """

    def __init__(self, permutations: str = "maximin", classes: int = 100) -> None:
        self.orders = torch.tensor(puzzle_orders(permutations, classes))

    def draw(self, seeds: Tensor, shape: Shape) -> JigsawParams:  # noqa: ARG002
        classes = draw_orders(seeds, len(self.orders))
        return JigsawParams(classes, self.orders[classes])

    def apply(self, images: Tensor, params: JigsawParams) -> tuple[Tensor, Tensor]:
        check_cubes(images)
        return permute_cubes(images, params.orders), params.classes[:, None].to(images.device)


def draw_orders(seeds: Tensor, classes: int) -> Tensor:
    """Classes ``(B,)`` int64, uniform over ``0 .. classes - 1``."""
    return uniform_integers(decisions(seeds, 1, "jigsaw"), 0, classes - 1)[:, 0]


def check_cubes(images: Tensor) -> None:
    """Raise ``UserError`` unless the images are eight cubes as channels."""
    if images.shape[1] != CUBES:
        raise UserError(
            f"pretext images: expected {CUBES} cubes as channels, got {images.shape[1]}; "
            "let the data set cut a 2 x 2 x 2 PatchGrid"
        )
