"""Loops for the CPU that copy voxels, each in one pass where tensor operations take several.

They compute the same bits as the tensor operations beside which they are used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .kernels import Floats, Ints, Words, noise_at


@compiled
def rescale(values: NDArray[Any], out: Floats, low: np.float32, width: np.float32) -> None:
    """Write ``(values - low) / width``, clipped to [0, 1]; both arrays ``(N,)``."""
    for i in range(len(values)):
        scaled = (np.float32(values[i]) - low) / width
        out[i] = min(max(scaled, np.float32(0)), np.float32(1))


@compiled
def mirror_channels(images: Floats, out: Floats, orders: Ints, flags: NDArray[np.bool_]) -> None:
    """Write channel ``orders[b, c]`` of sample b, mirrored, as its channel c.

    Args:
        images: ``(B, C, X, Y, Z)``.
        out: the same shape, overwritten.
        orders: ``(B, C)``.
        flags: ``(B, C, 3)``: mirror x, y, z?
    """
    batch, channels, width, height, depth = out.shape
    for b in range(batch):
        for c in range(channels):
            source, target = images[b, orders[b, c]], out[b, c]
            in_x, in_y, in_z = flags[b, c]
            for x in range(width):
                from_x = width - 1 - x if in_x else x
                for y in range(height):
                    from_y = height - 1 - y if in_y else y
                    if in_z:
                        for z in range(depth):
                            target[x, y, z] = source[from_x, from_y, depth - 1 - z]
                    else:
                        for z in range(depth):
                            target[x, y, z] = source[from_x, from_y, z]


@compiled
def mask_channels(
    images: Floats, out: Floats, masked: NDArray[np.bool_], keys: Words, keep_rate: np.float32
) -> None:
    """Set voxels of the masked channels to 0, each kept with probability ``keep_rate``.

    Args:
        images: ``(B, C, N)``.
        out: the same shape, overwritten.
        masked: ``(B, C)``.
        keys: ``(B, 2)`` of the noise, whose places count through all channels of a sample.
        keep_rate: in [0, 1].
    """
    batch, channels, voxels = images.shape
    for b in range(batch):
        first, second = keys[b]
        for c in range(channels):
            if masked[b, c]:
                start = np.uint32(c * voxels)
                for i in range(voxels):
                    kept = noise_at(np.uint32(start + np.uint32(i)), first, second) < keep_rate
                    out[b, c, i] = images[b, c, i] if kept else np.float32(0)
            else:
                out[b, c] = images[b, c]
