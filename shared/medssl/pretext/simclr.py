"""SimCLR: two augmented views of neighbouring crops belong together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UserError
from ..random import fold
from ..transforms import (
    AffineParams,
    SampleParams,
    apply_affine,
    draw_affine,
    draw_blur,
    draw_flips,
    flip,
    gaussian_blur,
)
from .base import PretextTransform, Shape, check_rates

VIEWS = 2


@dataclass(frozen=True)
class ViewParams(SampleParams):
    """Augmentation of N views: ``flips`` ``(N, 3)`` bool, ``affine``, ``sigmas`` ``(N,)`` voxels."""

    flips: Tensor
    affine: AffineParams
    sigmas: Tensor


@dataclass(frozen=True)
class SimCLRParams(SampleParams):
    """``views``: one ``ViewParams`` for each channel; ``seeds`` ``(B,)`` identify the pairs."""

    views: ViewParams
    seeds: Tensor


class SimCLRPretext(PretextTransform[SimCLRParams]):
    """Two views for contrastive learning (Chen et al., SimCLR, 2020; paper, section 3.2.1).

    Images are ``(B, 2, X, Y, Z)``: two overlapping crops of one scan as channels. Each is mirrored,
    rotated, scaled and blurred on its own. Inputs have the same shape and type; targets ``(B,)``
    int64 are the sample seeds, which say which pairs are the same (``NTXentLoss``).

    Args:
        flip_rate: probability to mirror each of the three axes.
        max_degrees: largest rotation about each axis, degrees.
        scale_range: smallest and largest scale along each axis.
        max_sigma: largest standard deviation of the Gaussian blur, voxels.

    Raises:
        UserError: the images do not have two channels, or an argument is out of range.
    """

    def __init__(
        self,
        flip_rate: float = 0.5,
        max_degrees: float = 10.0,
        scale_range: tuple[float, float] = (0.8, 1.2),
        max_sigma: float = 2.0,
    ) -> None:
        check_rates(flip_rate=flip_rate)
        if len(scale_range) != 2 or not 0 < scale_range[0] <= scale_range[1]:
            raise UserError(f"scale_range: expected 0 < low <= high, got {list(scale_range)}")
        if max_sigma < 0:
            raise UserError(f"max_sigma: expected at least 0 voxels, got {max_sigma}")
        self.flip_rate = flip_rate
        self.max_degrees = max_degrees
        self.scale_range = scale_range
        self.max_sigma = max_sigma

    def draw(self, seeds: Tensor, shape: Shape) -> SimCLRParams:  # noqa: ARG002
        views = torch.tensor(
            [[fold(int(seed), "view", view) for view in range(VIEWS)] for seed in seeds]
        ).reshape(-1)
        params = ViewParams(
            draw_flips(views, self.flip_rate),
            draw_affine(views, self.max_degrees, self.scale_range),
            draw_blur(views, self.max_sigma),
        )
        return SimCLRParams(params, seeds)

    def apply(self, images: Tensor, params: SimCLRParams) -> tuple[Tensor, Tensor]:
        if images.shape[1] != VIEWS:
            raise UserError(
                f"SimCLR images: expected {VIEWS} crops as channels, got {images.shape[1]}; "
                "let the data set cut two views"
            )
        views = images.reshape(-1, 1, *images.shape[2:])
        views = flip(views, params.views.flips)
        views = apply_affine(views, params.views.affine)
        views = gaussian_blur(views, params.views.sigmas)
        return views.reshape(images.shape), params.seeds.to(images.device)
