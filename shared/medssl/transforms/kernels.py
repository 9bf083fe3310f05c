"""Loops over voxels for the CPU, compiled by numba.

Each computes what the tensor operations beside it compute on a GPU: integers, and so decisions, bit
for bit; floats up to the last place, because a compiler may fuse a multiplication with an addition.
They run on one thread and start none, so that a loader may fork after they were used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Floats = NDArray[np.float32]


@compiled
def mix(word: np.uint32) -> np.uint32:
    """Scramble one word with MurmurHash3's finaliser."""
    word ^= word >> np.uint32(16)
    word = np.uint32(word * np.uint32(0x85EBCA6B))
    word ^= word >> np.uint32(13)
    word = np.uint32(word * np.uint32(0xC2B2AE35))
    return np.uint32(word ^ (word >> np.uint32(16)))


@compiled
def word_at(place: np.uint32, first: np.uint32, second: np.uint32) -> np.uint32:
    """The random word of one place under two keys."""
    return np.uint32(mix(np.uint32(mix(np.uint32(place ^ first)) + second)))


@compiled
def noise_at(place: np.uint32, first: np.uint32, second: np.uint32) -> np.float32:
    """The noise in [0, 1) of one place under two keys."""
    word = word_at(place, first, second)
    return np.float32(np.float32(np.int32(word >> np.uint32(8))) * np.float32(2.0**-24))


@compiled
def fill_words(out: Words, keys: Words) -> None:
    """Fill row b of ``out`` ``(B, N)`` with random words under its two keys ``(B, 2)``."""
    for row in range(len(out)):
        first, second = keys[row]
        for place in range(out.shape[1]):
            out[row, place] = word_at(np.uint32(place), first, second)


@compiled
def fill_noise(out: Floats, keys: Words) -> None:
    """Fill row b of ``out`` ``(B, N)`` with noise in [0, 1) under its two keys ``(B, 2)``."""
    for row in range(len(out)):
        first, second = keys[row]
        for place in range(out.shape[1]):
            out[row, place] = noise_at(np.uint32(place), first, second)


@compiled
def interpolate(values: Floats, x: Floats, y: Floats, out: Floats) -> None:
    """Interpolate linearly between knots, values clipped to [0, 1].

    A table of 4096 cells says where to begin among the knots, and bisection goes on from there: all
    values take the same few steps, those that the densest cell needs, which leaves nothing to
    mispredict and works on vectors.

    Args:
        values: ``(N,)``.
        x: ``(K,)`` ascending from 0 to 1.
        y: ``(K,)``.
        out: ``(N,)``, overwritten.
    """
    cells, last, block = 4096, len(x) - 2, 2048
    table = np.empty(cells + 1, dtype=np.uint32)
    knot, gap = 0, 0
    for cell in range(cells + 1):
        before = knot
        while knot <= last and x[knot + 1] * cells <= cell:
            knot += 1
        table[cell] = knot
        gap = max(gap, knot - before)
    first_step = 1
    while 2 * first_step <= gap:
        first_step *= 2
    padded = np.full(len(x) + 2 * first_step, np.float32(np.inf))
    padded[: len(x)] = x
    slopes = np.zeros(len(x), dtype=np.float32)
    slopes[:-1] = (y[1:] - y[:-1]) / np.maximum(x[1:] - x[:-1], np.float32(1e-12))
    index = np.empty(block, dtype=np.uint32)
    clipped = np.empty(block, dtype=np.float32)
    for start in range(0, len(values), block):
        count = min(block, len(values) - start)
        for i in range(count):
            clipped[i] = min(max(values[start + i], np.float32(0)), np.float32(1))
            index[i] = table[np.uint32(np.int32(clipped[i] * np.float32(cells)))]
        step = first_step
        while step:
            for i in range(count):
                onward = np.uint32(index[i] + np.uint32(step))
                index[i] = onward if padded[onward] <= clipped[i] else index[i]
            step //= 2
        for i in range(count):
            left = index[i]
            out[start + i] = y[left] + (clipped[i] - x[left]) * slopes[left]


@compiled
def paint_boxes(
    image: Floats, out: Floats, inside: NDArray[np.uint8], outer: bool, keys: Words
) -> None:
    """Write noise over the voxels that are outside, or inside, a union of boxes.

    Args:
        image: ``(C, X, Y, Z)``.
        out: the same shape, overwritten.
        inside: ``(3, L)``, one bit for each box: does it reach over this x, y, z?
        outer: hide what is outside the boxes, else what is inside.
        keys: ``(2,)`` of the noise.
    """
    channels, width, height, depth = image.shape
    noise = np.empty(depth, dtype=np.float32)
    hidden = np.empty(depth, dtype=np.bool_)
    for x in range(width):
        for y in range(height):
            boxes = np.uint8(inside[0, x] & inside[1, y])
            start = np.uint32((x * height + y) * depth)
            for z in range(depth):
                hidden[z] = ((inside[2, z] & boxes) != 0) != outer
                noise[z] = noise_at(np.uint32(start + np.uint32(z)), keys[0], keys[1])
            for channel in range(channels):
                for z in range(depth):
                    own = image[channel, x, y, z]
                    out[channel, x, y, z] = noise[z] if hidden[z] else own
