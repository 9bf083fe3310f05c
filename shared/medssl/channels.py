"""Numbers that travel with images, as one more channel of the same tensor.

Inferers, autocast, DistributedDataParallel and compilers all handle a network that takes one tensor
and returns one. Where a method needs a few numbers for each sample besides the images, they lie in
the first voxels of an extra channel; the rest of it is zero.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from .errors import UserError


def numbers_to_channel(numbers: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Lay numbers ``(B, N)`` into the first voxels of a channel ``(B, 1, *shape)``, differentiably.

    Raises:
        UserError: the channel has fewer than N voxels.
    """
    free = shape[0] * shape[1] * shape[2] - numbers.shape[1]
    if free < 0:
        raise UserError(
            f"crop_size: a crop of {shape} voxels cannot hold the {numbers.shape[1]} numbers that "
            "travel with it; enlarge crop_size"
        )
    return F.pad(numbers, (0, free)).reshape(-1, 1, *shape)


def channel_to_numbers(channel: Tensor, count: int) -> Tensor:
    """Read the first ``count`` voxels of a channel ``(B, 1, X, Y, Z)`` back, ``(B, count)``."""
    return channel.flatten(1)[:, :count]
