"""Contrastive: two crops of one place belong together, whatever their contrast.

Two views of a place are pulled together, all others are pushed apart. "Your idea here" marks what
to replace.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import UserError
from ...pretext.base import PretextTransform, Shape
from ...random import fold
from ...transforms import BezierParams, SampleParams, draw_bezier, draw_flips, flip, map_intensity


@dataclass(frozen=True)
class ViewParams(SampleParams):
    """One view: ``flips`` ``(B, 3)`` bool, ``curves`` of intensity."""

    flips: Tensor
    curves: BezierParams


@dataclass(frozen=True)
class ContrastiveParams(SampleParams):
    """``first`` and ``second`` view; ``seeds`` ``(B,)`` identify the pairs."""

    first: ViewParams
    second: ViewParams
    seeds: Tensor


class ContrastivePretext(PretextTransform[ContrastiveParams]):
    """Two views of other contrast.

    Images are ``(B, 2, X, Y, Z)``: two overlapping crops of one scan as channels. Each is mirrored
    and sent through its own rising intensity curve. Inputs have the same shape and type; targets
    ``(B,)`` int64 are the sample seeds: the loss needs no more than which views form a pair.

    Raises:
        UserError: the images do not have two channels.
    """

    def draw(self, seeds: Tensor, shape: Shape) -> ContrastiveParams:  # noqa: ARG002
        return ContrastiveParams(_draw_view(seeds, 0), _draw_view(seeds, 1), seeds)

    def apply(self, images: Tensor, params: ContrastiveParams) -> tuple[Tensor, Tensor]:
        if images.shape[1] != 2:
            raise UserError(
                f"pretext images: expected two crops as channels, got {images.shape[1]}; "
                "let the data set cut two views"
            )
        views = [_augment(images[:, :1], params.first), _augment(images[:, 1:], params.second)]
        return torch.cat(views, dim=1), params.seeds.to(images.device)


def _draw_view(seeds: Tensor, view: int) -> ViewParams:
    # Your idea here: what is decided for each view, from a seed of its own.
    own = torch.tensor([fold(int(seed), "view", view) for seed in seeds], dtype=torch.int64)
    return ViewParams(draw_flips(own), draw_bezier(own, decreasing_rate=0.0))


def _augment(images: Tensor, params: ViewParams) -> Tensor:
    # Your idea here: what a view may look like without becoming another place.
    return map_intensity(flip(images, params.flips), params.curves)
