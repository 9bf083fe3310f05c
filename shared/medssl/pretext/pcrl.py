"""PCRL: recognise two corrupted neighbouring crops, and restore them under a told transform."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..channels import channel_to_numbers, numbers_to_channel
from ..errors import UserError
from ..random import decisions, fold, uniform_integers
from ..transforms import (
    PaintingParams,
    SampleParams,
    apply_affine,
    apply_where,
    draw_painting,
    flip,
    gaussian_blur,
    paint,
    quarter_turns,
)
from .base import PretextTransform, Shape, check_rates
from .simclr import SimCLRPretext, ViewParams

TARGETS = 3
CODE = 7


@dataclass(frozen=True)
class CropParams(SampleParams):
    """One crop: its ``view``, and whether (``(B,)`` bool) and how it is corrupted."""

    view: ViewParams
    painted: Tensor
    boxes: PaintingParams
    blurred: Tensor


@dataclass(frozen=True)
class PCRLParams(SampleParams):
    """``first`` and ``second`` crop, and the transforms of their targets and their mixture.

    ``target_flips`` ``(B, 3, 3)`` bool and ``target_turns`` ``(B, 3)`` quarter turns in x-y hold
    one row for each target; ``mixing`` ``(B,)`` is the first crop's share of the mixture.
    """

    first: CropParams
    second: CropParams
    target_flips: Tensor
    target_turns: Tensor
    mixing: Tensor


def control_codes(flips: Tensor, turns: Tensor) -> Tensor:
    """Seven bits for each transform: three flips and the one-hot quarter turns, ``(..., 7)``."""
    return torch.cat([flips.float(), F.one_hot(turns, 4).float()], dim=-1)


class PCRLPretext(PretextTransform[PCRLParams]):
    """Preservational contrastive representation learning (Zhou et al., 2021; the paper's PCRL).

    Images are ``(B, 2, X, Y, Z)``: two overlapping crops of one scan as channels. Each is mirrored,
    rotated and scaled on its own; that gives the clean crops ``x1`` and ``x2``, and their mixture
    ``h = a x1 + (1 - a) x2`` with one factor ``a`` per sample, uniform in [0.5, 1] (the larger of
    ``b`` and ``1 - b`` for ``b`` out of Beta(1, 1)).

    Targets ``(B, 3, X, Y, Z)`` are ``x1``, ``x2`` and ``h``, each under a spatial transform of its
    own: three flips of probability 0.5, then 0 to 3 quarter turns in the x-y plane. Inputs
    ``(B, 3, X, Y, Z)`` are ``x1`` and ``x2`` corrupted by painting, then blur, and a channel with
    22 numbers (:mod:`~medssl.channels`): the seven-bit control codes of the three transforms and
    ``a``. Both have the images' type.

    Args:
        flip_rate: probability to mirror each of a crop's three axes.
        max_degrees: largest rotation of a crop about each axis, degrees.
        scale_range: smallest and largest scale along each axis.
        painting_rate: probability of painting, decided for both crops together.
        outer_rate: share of out-painting, also decided together; each crop has its own boxes.
        blur_rate: probability of blur, for each crop.
        max_sigma: largest standard deviation of the Gaussian blur, voxels.

    Raises:
        UserError: an argument is out of range, the images do not have two channels, the x-y plane
            is not square or a side is shorter than 14 voxels.
    """

    def __init__(
        self,
        flip_rate: float = 0.5,
        max_degrees: float = 10.0,
        scale_range: tuple[float, float] = (0.9, 1.1),
        painting_rate: float = 0.9,
        outer_rate: float = 0.8,
        blur_rate: float = 0.4,
        max_sigma: float = 2.0,
    ) -> None:
        check_rates(painting_rate=painting_rate, outer_rate=outer_rate, blur_rate=blur_rate)
        self.views = SimCLRPretext(flip_rate, max_degrees, scale_range, max_sigma)
        self.painting_rate = painting_rate
        self.outer_rate = outer_rate
        self.blur_rate = blur_rate

    def draw(self, seeds: Tensor, shape: Shape) -> PCRLParams:
        if shape[0] != shape[1]:
            raise UserError(
                f"crop_size: PCRL turns crops in the x-y plane, which needs equal sides there; got "
                f"{shape[0]} and {shape[1]} voxels"
            )
        uniforms = decisions(seeds, 3 + TARGETS * 4, "pcrl")
        painted = uniforms[:, 0] < self.painting_rate
        outer = uniforms[:, 1] < self.outer_rate
        targets = uniforms[:, 3:].unflatten(1, (TARGETS, 4))
        views = self.views.draw(seeds, shape)
        first, second = (
            self._draw_crop(view, _crop_seeds(seeds, crop), shape, painted, outer)
            for crop, view in enumerate((views.first, views.second))
        )
        return PCRLParams(
            first,
            second,
            target_flips=targets[:, :, :3] < 0.5,
            target_turns=uniform_integers(targets[:, :, 3], 0, 3),
            mixing=torch.maximum(uniforms[:, 2], 1 - uniforms[:, 2]),
        )

    def _draw_crop(
        self, view: ViewParams, seeds: Tensor, shape: Shape, painted: Tensor, outer: Tensor
    ) -> CropParams:
        blurred = decisions(seeds, 1, "pcrl-blur")[:, 0] < self.blur_rate
        return CropParams(view, painted, _draw_boxes(seeds, shape, outer), blurred)

    def apply(self, images: Tensor, params: PCRLParams) -> tuple[Tensor, Tensor]:
        if images.shape[1] != 2:
            raise UserError(
                f"pretext images: expected two crops as channels, got {images.shape[1]}; "
                "let the data set cut two views"
            )
        shape = (images.shape[2], images.shape[3], images.shape[4])
        crops = params.first, params.second
        clean = [
            apply_affine(flip(image, crop.view.flips), crop.view.affine)
            for image, crop in zip(images.split(1, dim=1), crops, strict=True)
        ]
        codes = control_codes(params.target_flips, params.target_turns)
        numbers = torch.cat([codes.flatten(1), params.mixing[:, None].float()], dim=1)
        message = numbers_to_channel(numbers.to(images.device, images.dtype), shape)
        corrupted = [_corrupt(image, crop) for image, crop in zip(clean, crops, strict=True)]
        targets = _targets(torch.cat(clean, dim=1), codes, params.mixing)
        return torch.cat([*corrupted, message], dim=1), targets


def _crop_seeds(seeds: Tensor, crop: int) -> Tensor:
    return torch.tensor([fold(int(seed), "crop", crop) for seed in seeds], dtype=torch.int64)


def _draw_boxes(seeds: Tensor, shape: Shape, outer: Tensor) -> PaintingParams:
    """Boxes of each sample for the kind of painting that ``outer`` ``(B,)`` has decided."""
    outside, inside = draw_painting(seeds, shape, 1.0), draw_painting(seeds, shape, 0.0)
    column = outer[:, None, None]
    return PaintingParams(
        starts=torch.where(column, outside.starts, inside.starts),
        sizes=torch.where(column, outside.sizes, inside.sizes),
        counts=torch.where(outer, outside.counts, inside.counts),
        outer=outer,
        seeds=seeds,
    )


def _corrupt(images: Tensor, params: CropParams) -> Tensor:
    painted = apply_where(images, params.painted, params.boxes, paint)
    return apply_where(painted, params.blurred, params, _blur)


def _blur(images: Tensor, params: CropParams) -> Tensor:
    return gaussian_blur(images, params.view.sigmas)


def told_inputs(inputs: Tensor) -> Tensor:
    """The corrupted crops and their mixture, each under the transform its code tells.

    Args:
        inputs: of :class:`PCRLPretext`, ``(B, 3, X, Y, Z)``.

    Returns:
        ``(B, 3, X, Y, Z)``, voxel by voxel over the targets: the answer that copies.
    """
    numbers = channel_to_numbers(inputs[:, 2:], TARGETS * CODE + 1)
    codes = numbers[:, :-1].unflatten(1, (TARGETS, CODE))
    return _targets(inputs[:, :2], codes, numbers[:, -1])


def _targets(crops: Tensor, codes: Tensor, mixing: Tensor) -> Tensor:
    """Append the mixture to the crops ``(B, 2, ...)`` and transform all three."""
    share = mixing.to(crops.device, crops.dtype)[:, None, None, None, None]
    mixture = torch.lerp(crops[:, 1:], crops[:, :1], share)
    images = torch.cat([crops, mixture], dim=1).flatten(0, 1)[:, None]
    told = codes.flatten(0, 1)
    flipped = flip(images, told[:, :3] > 0.5)
    return quarter_turns(flipped, told[:, 3:].argmax(1)).reshape(-1, TARGETS, *crops.shape[2:])
