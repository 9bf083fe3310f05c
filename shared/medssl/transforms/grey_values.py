"""Changes of grey values that leave anatomy where it is: noise, blur, light, contrast, detail.

Kinds, rates and ranges follow nnU-Net's default augmentation (Isensee et al. 2021), for images in
[0, 1] instead of z-scored ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..random import decisions
from .blur import gaussian_blur
from .noise import uniform_noise
from .rows import SampleParams, apply_where

Change = Callable[[Tensor, "GreyParams"], Tensor]
_STREAM = "grey values"
# Probability of each change and the range its strength is uniform in; half of the contrasts and
# gammas lie below 1.
NOISE, MOST_NOISE = 0.1, 0.1
BLUR, SIGMAS = 0.2, (0.5, 1.0)
BRIGHTNESS, LIGHTS = 0.15, (0.75, 1.25)
CONTRAST, CONTRASTS = 0.15, (0.75, 1.25)
DETAIL, ZOOMS = 0.25, (0.5, 1.0)
GAMMA, GAMMAS = 0.3, (0.7, 1.5)
INVERTED = 0.1


@dataclass(frozen=True)
class GreyParams(SampleParams):
    """Strength of each change, ``(B,)``: that of none is 0 for ``noise`` and ``sigmas``, else 1.

    ``inverted`` ``(B,)`` bool are those whose gamma acts on the negative; ``seeds`` ``(B,)`` give
    the noise.
    """

    noise: Tensor
    sigmas: Tensor
    light: Tensor
    contrast: Tensor
    zoom: Tensor
    gamma: Tensor
    inverted: Tensor
    seeds: Tensor


def draw_grey(seeds: Tensor) -> GreyParams:
    """Decide for samples with ``seeds`` ``(B,)``."""
    happens, strength = decisions(seeds, 14, _STREAM).unflatten(1, (2, 7)).unbind(1)

    def drawn(place: int, rate: float, ends: tuple[float, float], none: float) -> Tensor:
        values = ends[0] + (ends[1] - ends[0]) * strength[:, place]
        return values.masked_fill(happens[:, place] >= rate, none)

    return GreyParams(
        noise=drawn(0, NOISE, (0.0, MOST_NOISE), 0.0),
        sigmas=drawn(1, BLUR, SIGMAS, 0.0),
        light=drawn(2, BRIGHTNESS, LIGHTS, 1.0),
        contrast=drawn(3, CONTRAST, CONTRASTS, 1.0),
        zoom=drawn(4, DETAIL, ZOOMS, 1.0),
        gamma=drawn(5, GAMMA, GAMMAS, 1.0),
        inverted=happens[:, 6] < INVERTED,
        seeds=seeds.cpu(),
    )


def change_grey(images: Tensor, params: GreyParams) -> Tensor:
    """Change images ``(B, C, X, Y, Z)`` in [0, 1]; they stay there."""
    steps: tuple[tuple[Tensor, Change], ...] = (
        (params.noise > 0, _add_noise),
        (params.sigmas > 0, lambda part, p: gaussian_blur(part, p.sigmas)),
        (params.light != 1, lambda part, p: (part * _column(p.light, part)).clamp(0, 1)),
        (params.contrast != 1, _stretch),
        (params.zoom < 1, _lose_detail),
        (params.gamma != 1, _bend),
    )
    for active, change in steps:
        images = apply_where(images, active, params, change)
    return images


def _column(values: Tensor, images: Tensor) -> Tensor:
    return values.to(images.device, images.dtype)[:, None, None, None, None]


def _add_noise(images: Tensor, params: GreyParams) -> Tensor:
    count, x, y, z = images.shape[1:]
    uniform = uniform_noise(params.seeds, (count * x, y, z), _STREAM, images.device)
    # Never 0 or 1, where the inverse is infinite.
    normal = torch.erfinv((2 * uniform - 1).clamp(-0.999999, 0.999999)) * 2**0.5
    noise = normal.reshape(images.shape).to(images.dtype) * _column(params.noise, images)
    return (images + noise).clamp(0, 1)


def _stretch(images: Tensor, params: GreyParams) -> Tensor:
    """Contrast about each channel's own mean, within its own range."""
    mean = images.mean((2, 3, 4), keepdim=True)
    low, high = images.amin((2, 3, 4), keepdim=True), images.amax((2, 3, 4), keepdim=True)
    changed = (images - mean) * _column(params.contrast, images) + mean
    return torch.minimum(torch.maximum(changed, low), high)


def _lose_detail(images: Tensor, params: GreyParams) -> Tensor:
    """Fewer voxels and back again, as a coarser scan would show it."""
    sizes = list(images.shape[2:])
    parts = []
    for image, zoom in zip(images, params.zoom.tolist(), strict=True):
        coarse = [max(1, round(side * zoom)) for side in sizes]
        small = F.interpolate(image[None], coarse, mode="nearest-exact")
        parts.append(F.interpolate(small, sizes, mode="trilinear", align_corners=False))
    return torch.cat(parts)


def _bend(images: Tensor, params: GreyParams) -> Tensor:
    """Gamma within each channel's own range, of the negative where ``inverted``."""
    low, high = images.amin((2, 3, 4), keepdim=True), images.amax((2, 3, 4), keepdim=True)
    span = (high - low).clamp_min(1e-6)
    turned = _column(params.inverted, images) > 0
    unit = (images - low) / span
    bent = torch.where(turned, 1 - unit, unit).clamp(0, 1) ** _column(params.gamma, images)
    return torch.where(turned, 1 - bent, bent) * span + low
