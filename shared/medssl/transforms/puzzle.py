"""What happens to the cubes of a puzzle: other places, half turns, masks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .copy_kernels import mask_channels
from .flip import mirrored_channels
from .noise import noise_keys, uniform_noise
from .rows import runs_on_cpu

HORIZONTAL_AXES, VERTICAL_AXES = (-2, -1), (-3, -2)
_STREAM = "puzzle-mask"


def permute_cubes(images: Tensor, orders: Tensor) -> Tensor:
    """Place at position ``p`` the cube ``orders[b, p]``.

    Args:
        images: ``(B, N, X, Y, Z)``, cubes as channels.
        orders: ``(B, N)``, a permutation of 0..N-1 in each row.
    """
    unturned = torch.zeros_like(orders, dtype=torch.bool)
    return arrange_cubes(images, orders, unturned, unturned)


def arrange_cubes(images: Tensor, orders: Tensor, horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Permute cubes, then turn them by 180 degrees where they now lie.

    Args:
        images: ``(B, N, X, Y, Z)``, cubes as channels.
        orders: ``(B, N)``, a permutation of 0..N-1 in each row.
        horizontal: ``(B, N)`` bool: about the x axis (y and z are mirrored).
        vertical: ``(B, N)`` bool: about the z axis (x and y are mirrored); the two commute.
    """
    if runs_on_cpu(images):
        flags = torch.stack([vertical, horizontal ^ vertical, horizontal], dim=2)
        return mirrored_channels(images, orders, flags)
    batch = torch.arange(len(images), device=images.device)[:, None]
    arranged = images[batch, orders.to(images.device)]
    for turned, axes in ((horizontal, HORIZONTAL_AXES), (vertical, VERTICAL_AXES)):
        rows, cubes = (index.to(images.device) for index in turned.nonzero(as_tuple=True))
        arranged[rows, cubes] = arranged[rows, cubes].flip(axes)
    return arranged


def mask_cubes(images: Tensor, masked: Tensor, seeds: Tensor, keep_rate: float) -> Tensor:
    """Set voxels of the masked cubes to 0 (air), each kept with probability ``keep_rate``.

    Args:
        images: ``(B, N, X, Y, Z)`` in [0, 1].
        masked: ``(B, N)`` bool.
        seeds: ``(B,)`` sample seeds; the kept voxels are a function of them.
        keep_rate: probability of each voxel of a masked cube to stay.
    """
    if runs_on_cpu(images):
        out = torch.empty_like(images)
        keys = noise_keys(seeds, _STREAM).numpy().view(np.uint32)
        arrays = (images.flatten(2).numpy(), out.flatten(2).numpy(), masked.numpy(), keys)
        mask_channels(*arrays, np.float32(keep_rate))
        return out
    count, x, y, z = images.shape[1:]
    noise = uniform_noise(seeds, (count * x, y, z), _STREAM, images.device)
    hidden = noise.reshape(images.shape) >= keep_rate
    return images.masked_fill(hidden & masked.to(images.device)[:, :, None, None, None], 0.0)
