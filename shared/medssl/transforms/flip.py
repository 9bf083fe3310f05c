"""Mirroring along the spatial axes, batched."""

from __future__ import annotations

from functools import partial
from itertools import product

import torch
from torch import Tensor

from ..random import decisions
from .copy_kernels import mirror_channels
from .rows import apply_by_group, runs_on_cpu

_AXES = [
    [axis + 2 for axis, mirrored in enumerate(flags) if mirrored]
    for flags in product((False, True), repeat=3)
]
_WEIGHTS = torch.tensor([4, 2, 1])


def draw_flips(seeds: Tensor, rate: float = 0.5) -> Tensor:
    """Draw for each sample which of x, y, z are mirrored, each with probability ``rate``.

    Returns:
        ``(B, 3)`` bool CPU tensor.
    """
    return decisions(seeds, 3, "flip") < rate


def flip(images: Tensor, flags: Tensor) -> Tensor:
    """Mirror each sample along the axes its flags ``(B, 3)`` name; its own inverse.

    Args:
        images: ``(B, C, X, Y, Z)``, any type and device.
        flags: ``(B, 3)`` bool for x, y, z.
    """
    if runs_on_cpu(images):
        orders = torch.arange(images.shape[1]).expand(len(images), -1)
        return mirrored_channels(images, orders, flags[:, None].expand(*orders.shape, 3))
    groups = (flags.cpu() * _WEIGHTS).sum(1)
    return apply_by_group(images, groups, [partial(torch.flip, dims=axes) for axes in _AXES])


def mirrored_channels(images: Tensor, orders: Tensor, flags: Tensor) -> Tensor:
    """Reorder and mirror the channels of each sample, in one pass on the CPU.

    Args:
        images: ``(B, C, X, Y, Z)``, contiguous float32 on the CPU.
        orders: ``(B, C)`` int64: the channel to take.
        flags: ``(B, C, 3)`` bool for x, y, z.
    """
    out = torch.empty_like(images)
    mirror_channels(images.numpy(), out.numpy(), orders.numpy(), flags.numpy())
    return out
