"""Local shuffling on the CPU: window after window, a key for each voxel, an order of keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .kernels import Ints, Words, mix

FEW = 40  # up to here comparing all with all beats sorting


@compiled
def draw_keys(keys: NDArray[np.int32], volume: int, word: np.uint32) -> np.int32:
    """Give each place a random key whose low bits hold the place; return the mask of those bits.

    So no two keys are equal. What lies beyond ``volume`` in ``keys`` gets the largest integer.
    """
    mask = np.int32(1)
    while mask < volume:
        mask = np.int32(2 * mask)
    mask = np.int32(mask - 1)
    for place in range(len(keys)):
        random = np.int32(mix(np.uint32(np.uint32(place) + word)))
        key = np.int32(np.int32(random & ~mask) | np.int32(place))
        keys[place] = key if place < volume else np.int32(0x7FFFFFFF)
    return mask


@compiled
def sort_few(keys: NDArray[np.int32], volume: int, order: NDArray[np.uint32]) -> None:
    """Order places by their keys: a place comes after as many as have smaller keys."""
    rank = np.zeros(len(keys), dtype=np.int32)
    for other in range(volume):
        least = keys[other]
        for place in range(len(keys)):
            rank[place] += np.int32(least < keys[place])
    for place in range(volume):
        order[np.uint32(rank[place])] = place


@compiled
def sort_many(
    keys: NDArray[np.int32], volume: int, mask: np.int32, order: NDArray[np.uint32]
) -> None:
    """Order places by their keys: into buckets, then by insertion, where little is left to move."""
    bits = 1
    while (8 << bits) <= 4 * volume:
        bits += 1
    shift, half = np.int32(32 - bits), np.int32(1 << (bits - 1))
    ends = np.zeros((1 << bits) + 1, dtype=np.int32)
    for place in range(volume):
        ends[np.uint32((keys[place] >> shift) + half + 1)] += 1
    for bucket in range(1 << bits):
        ends[bucket + 1] += ends[bucket]
    ordered = np.empty(volume, dtype=np.int32)
    for place in range(volume):
        own = np.uint32((keys[place] >> shift) + half)
        ordered[np.uint32(ends[own])] = keys[place]
        ends[own] += 1
    for place in range(1, volume):
        key, before = ordered[place], place - 1
        while before >= 0 and ordered[before] > key:
            ordered[before + 1] = ordered[before]
            before -= 1
        ordered[before + 1] = key
    for place in range(volume):
        order[place] = np.uint32(ordered[place] & mask)


@compiled
def shuffle_windows(
    image: NDArray[Any], out: NDArray[Any], side: Ints, starts: Ints, sizes: Ints, words: Words
) -> None:
    """Permute the voxels of one sample inside windows, one window after the other.

    Args:
        image: ``(C, X * Y * Z)``.
        out: a copy of ``image``, overwritten.
        side: X, Y, Z.
        starts: ``(W, 3)``.
        sizes: ``(W, 3)``.
        words: ``(W,)`` random words.
    """
    largest = sizes[:, 0].max() * sizes[:, 1].max() * sizes[:, 2].max()
    voxels = np.empty(largest, dtype=np.uint32)
    order = np.empty(largest, dtype=np.uint32)
    buffer = np.empty(largest + 15, dtype=np.int32)
    for window in range(len(starts)):
        volume = 0
        for x in range(starts[window, 0], starts[window, 0] + sizes[window, 0]):
            for y in range(starts[window, 1], starts[window, 1] + sizes[window, 1]):
                first = (x * side[1] + y) * side[2] + starts[window, 2]
                for z in range(sizes[window, 2]):
                    voxels[volume] = first + z
                    volume += 1
        # Whole vectors are faster than a remainder done one by one.
        keys = buffer[: (volume + 15) // 16 * 16]
        mask = draw_keys(keys, volume, words[window])
        if volume <= FEW:
            sort_few(keys, volume, order)
        else:
            sort_many(keys, volume, mask, order)
        for channel in range(len(image)):
            for place in range(volume):
                out[channel, voxels[place]] = image[channel, voxels[order[place]]]
