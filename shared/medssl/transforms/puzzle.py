"""What happens to the cubes of a puzzle: other places, half turns, masks."""

from __future__ import annotations

import torch
from torch import Tensor

from .noise import uniform_noise

HORIZONTAL_AXES, VERTICAL_AXES = (-2, -1), (-3, -2)


def permute_cubes(images: Tensor, orders: Tensor) -> Tensor:
    """Place at position ``p`` the cube ``orders[b, p]``.

    Args:
        images: ``(B, N, X, Y, Z)``, cubes as channels.
        orders: ``(B, N)``, a permutation of 0..N-1 in each row.
    """
    batch = torch.arange(len(images), device=images.device)[:, None]
    return images[batch, orders.to(images.device)]


def turn_cubes(images: Tensor, horizontal: Tensor, vertical: Tensor) -> Tensor:
    """Turn cubes by 180 degrees; its own inverse.

    Args:
        images: ``(B, N, X, Y, Z)``.
        horizontal: ``(B, N)`` bool: about the x axis (y and z are mirrored).
        vertical: ``(B, N)`` bool: about the z axis (x and y are mirrored); the two commute.
    """
    turned = images.clone()
    for flags, axes in ((horizontal, HORIZONTAL_AXES), (vertical, VERTICAL_AXES)):
        rows, cubes = (index.to(images.device) for index in flags.nonzero(as_tuple=True))
        turned[rows, cubes] = turned[rows, cubes].flip(axes)
    return turned


def mask_cubes(images: Tensor, masked: Tensor, seeds: Tensor, keep_rate: float) -> Tensor:
    """Set voxels of the masked cubes to 0 (air), each kept with probability ``keep_rate``.

    Args:
        images: ``(B, N, X, Y, Z)`` in [0, 1].
        masked: ``(B, N)`` bool.
        seeds: ``(B,)`` sample seeds; the kept voxels are a function of them.
        keep_rate: probability of each voxel of a masked cube to stay.
    """
    count, x, y, z = images.shape[1:]
    noise = uniform_noise(seeds, (count * x, y, z), "puzzle-mask", images.device)
    hidden = noise.reshape(images.shape) >= keep_rate
    return images.masked_fill(hidden & masked.to(images.device)[:, :, None, None, None], 0.0)
