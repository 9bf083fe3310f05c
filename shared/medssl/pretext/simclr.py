"""SimCLR: two augmented views of neighbouring crops belong together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UserError
from ..random import decisions, fold
from ..transforms import (
    AffineParams,
    BezierParams,
    SampleParams,
    apply_affine,
    apply_where,
    draw_affine,
    draw_bezier,
    draw_blur,
    draw_flips,
    flip,
    gaussian_blur,
    map_intensity,
)
from .base import PretextTransform, Shape, check_rates


@dataclass(frozen=True)
class ViewParams(SampleParams):
    """One view.

    ``flips`` ``(B, 3)`` bool, ``affine``, ``sigmas`` ``(B,)`` in voxels, ``recoloured`` ``(B,)``
    bool, by ``curves``.
    """

    flips: Tensor
    affine: AffineParams
    sigmas: Tensor
    recoloured: Tensor
    curves: BezierParams


@dataclass(frozen=True)
class SimCLRParams(SampleParams):
    """``first`` and ``second`` view; ``seeds`` ``(B,)`` identify the pairs."""

    first: ViewParams
    second: ViewParams
    seeds: Tensor


class SimCLRPretext(PretextTransform[SimCLRParams]):
    """Two views for contrastive learning (Chen et al., SimCLR, 2020; paper, equation 11).

    Images are ``(B, 2, X, Y, Z)``: two overlapping crops of one scan as channels. Each is mirrored,
    rotated, scaled, blurred and recoloured on its own. Inputs have the same shape and type; targets
    ``(B,)`` int64 are the sample seeds: the loss needs no more than which views form a pair. BYOL
    learns from the same views.

    Args:
        flip_rate: probability to mirror each of the three axes.
        max_degrees: largest rotation about each axis, degrees.
        scale_range: smallest and largest scale along each axis.
        max_sigma: largest standard deviation of the Gaussian blur, voxels.
        intensity_rate: probability that a view's grey values go through a rising curve of its own
            (:func:`map_intensity`), so that two views are not known by their histograms; 0 in the
            study. What colour distortion is to photographs (Chen et al. 2020, section 3.1).

    Raises:
        UserError: the images do not have two channels, or an argument is out of range.
    """

    def __init__(
        self,
        flip_rate: float = 0.5,
        max_degrees: float = 10.0,
        scale_range: tuple[float, float] = (0.8, 1.2),
        max_sigma: float = 2.0,
        intensity_rate: float = 0.0,
    ) -> None:
        check_rates(flip_rate=flip_rate, intensity_rate=intensity_rate)
        if len(scale_range) != 2 or not 0 < scale_range[0] <= scale_range[1]:
            raise UserError(f"scale_range: expected 0 < low <= high, got {list(scale_range)}")
        if max_sigma < 0:
            raise UserError(f"max_sigma: expected at least 0 voxels, got {max_sigma}")
        if max_degrees < 0:
            raise UserError(f"max_degrees: expected at least 0 degrees, got {max_degrees}")
        self.flip_rate = flip_rate
        self.max_degrees = max_degrees
        self.scale_range = scale_range
        self.max_sigma = max_sigma
        self.intensity_rate = intensity_rate

    def draw(self, seeds: Tensor, shape: Shape) -> SimCLRParams:  # noqa: ARG002
        return SimCLRParams(self._draw_view(seeds, 0), self._draw_view(seeds, 1), seeds)

    def _draw_view(self, seeds: Tensor, view: int) -> ViewParams:
        own = torch.tensor([fold(int(seed), "view", view) for seed in seeds], dtype=torch.int64)
        return ViewParams(
            draw_flips(own, self.flip_rate),
            draw_affine(own, self.max_degrees, self.scale_range),
            draw_blur(own, self.max_sigma),
            decisions(own, 1, "intensity")[:, 0] < self.intensity_rate,
            draw_bezier(own, decreasing_rate=0),
        )

    def apply(self, images: Tensor, params: SimCLRParams) -> tuple[Tensor, Tensor]:
        if images.shape[1] != 2:
            raise UserError(
                f"pretext images: expected two crops as channels, got {images.shape[1]}; "
                "let the data set cut two views"
            )
        first = augment_view(images[:, :1], params.first)
        second = augment_view(images[:, 1:], params.second)
        return torch.cat([first, second], dim=1), params.seeds.to(images.device)


def augment_view(images: Tensor, params: ViewParams) -> Tensor:
    """Mirror, scale, rotate, blur and recolour images ``(B, C, X, Y, Z)``."""
    moved = apply_affine(flip(images, params.flips), params.affine)
    blurred = gaussian_blur(moved, params.sigmas)
    return apply_where(blurred, params.recoloured, params.curves, map_intensity)
