"""In-painting and out-painting with noise (Models Genesis).

In-painting hides up to five small boxes under noise, out-painting hides all but one to five large
boxes. Noise is independent from voxel to voxel, so one field of it, shown wherever a box hides the
image, has the same distribution as filling the boxes one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..random import decisions, uniform_integers
from .kernels import paint_boxes
from .noise import noise_keys, uniform_noise
from .rows import SampleParams

MAX_BOXES = 5
BORDER = 3
SMALLEST_SIDE = 14
_STREAM = "painting-noise"
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class PaintingParams(SampleParams):
    """Boxes of each sample.

    ``starts`` and ``sizes`` ``(B, 5, 3)`` in voxels, ``counts`` ``(B,)`` boxes in use, ``outer``
    ``(B,)`` bool (True: everything outside the boxes is hidden), ``seeds`` ``(B,)`` for the noise.
    """

    starts: Tensor
    sizes: Tensor
    counts: Tensor
    outer: Tensor
    seeds: Tensor


def draw_painting(
    seeds: Tensor,
    shape: Shape,
    outer_rate: float = 0.8,
    continue_rate: float = 0.95,
) -> PaintingParams:
    """Draw the boxes.

    In-painting: each of up to five boxes comes with probability ``continue_rate`` after the one
    before; side L // 6 to L // 3. Out-painting: one box, then up to four more in the same way; side
    L - 4L // 7 to L - 3L // 7. All positions keep three voxels from the border.

    Args:
        seeds: ``(B,)`` sample seeds.
        shape: X, Y, Z in voxels.
        outer_rate: probability of out-painting, else in-painting.
        continue_rate: probability of a further box.

    Raises:
        UserError: a side is shorter than 14 voxels, where the boxes do not fit.
    """
    if min(shape) < SMALLEST_SIDE:
        raise UserError(
            f"painting: each side of a crop needs at least {SMALLEST_SIDE} voxels, got {shape}; "
            "enlarge crop_size"
        )
    uniforms = decisions(seeds, 1 + MAX_BOXES * 7, "painting")
    outer = uniforms[:, 0] < outer_rate
    goes_on = uniforms[:, 1 : 1 + MAX_BOXES] < continue_rate
    goes_on[:, 0] |= outer
    boxes = uniforms[:, 1 + MAX_BOXES :].reshape(-1, 2, MAX_BOXES, 3)
    length = torch.tensor(shape)
    small = uniform_integers(boxes[:, 0], length // 6, length // 3)
    large = length - uniform_integers(boxes[:, 0], 3 * length // 7, 4 * length // 7)
    sizes = torch.where(outer[:, None, None], large, small)
    starts = uniform_integers(boxes[:, 1], BORDER, length - sizes - BORDER)
    return PaintingParams(starts, sizes, goes_on.cumprod(1).sum(1), outer, seeds)


def _reach(params: PaintingParams, axis: int, side: int) -> Tensor:
    """Return ``(B, 5, side)`` bool: is this box in use, and does it reach over this position?"""
    offset = torch.arange(side) - params.starts[:, :, axis, None]
    used = torch.arange(MAX_BOXES) < params.counts[:, None]
    return (offset >= 0) & (offset < params.sizes[:, :, axis, None]) & used[:, :, None]


def hidden_voxels(params: PaintingParams, shape: Shape, device: torch.device) -> Tensor:
    """Return ``(B, 1, X, Y, Z)`` bool, True where noise replaces the image."""
    inside = torch.zeros(len(params.seeds), 1, *shape, dtype=torch.bool, device=device)
    spans = [_reach(params, axis, side).to(device) for axis, side in enumerate(shape)]
    for box in range(MAX_BOXES):
        x, y, z = (span[:, box] for span in spans)
        inside |= (x[:, :, None, None] & y[:, None, :, None] & z[:, None, None, :])[:, None]
    return inside ^ params.outer.to(device)[:, None, None, None, None]


def _paint_on_cpu(images: Tensor, params: PaintingParams) -> Tensor:
    """Make each sample's noise only where it is shown; the same bits as below."""
    out = torch.empty_like(images, memory_format=torch.contiguous_format)
    bits = torch.zeros(len(images), 3, max(images.shape[2:]), dtype=torch.uint8)
    weights = (1 << torch.arange(MAX_BOXES, dtype=torch.uint8))[:, None]
    for axis, side in enumerate(images.shape[2:]):
        bits[:, axis, :side] = (_reach(params, axis, side) * weights).sum(1, dtype=torch.uint8)
    keys = noise_keys(params.seeds, _STREAM).numpy().view(np.uint32)
    outer = params.outer.tolist()
    for row in zip(
        images.contiguous().numpy(), out.numpy(), bits.numpy(), outer, keys, strict=True
    ):
        paint_boxes(*row)
    return out


def paint(images: Tensor, params: PaintingParams) -> Tensor:
    """Replace the hidden voxels of ``(B, C, X, Y, Z)`` by uniform noise, alike in all channels."""
    if images.device.type == "cpu" and images.dtype == torch.float32:
        return _paint_on_cpu(images, params)
    shape = (images.shape[2], images.shape[3], images.shape[4])
    noise = uniform_noise(params.seeds, shape, _STREAM, images.device)
    hidden = hidden_voxels(params, shape, images.device)
    return torch.where(hidden, noise.to(images.dtype), images)
