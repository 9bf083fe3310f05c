"""Auto-encoder and Models Genesis, step after step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rng = np.random.Generator
WINDOWS = 10_000
POINTS = 100_000


def flip(image: Array, rng: Rng) -> Array:
    """Mirror each axis with probability 0.5."""
    axes = [axis for axis in range(3) if rng.random() < 0.5]
    return np.flip(image, axes).copy()


def shuffle(image: Array, rng: Rng, windows: int = WINDOWS) -> Array:
    """Permute the original voxels of one small window after the other into the output."""
    out = image.copy()
    sizes = np.stack([rng.integers(1, side // 10 + 1, windows) for side in image.shape])
    starts = rng.integers(0, np.array(image.shape)[:, None] - sizes + 1)
    for (x, y, z), (a, b, c) in zip(starts.T.tolist(), sizes.T.tolist(), strict=True):
        box = slice(x, x + a), slice(y, y + b), slice(z, z + c)
        content = image[box].flatten()
        rng.shuffle(content)
        out[box] = content.reshape(a, b, c)
    return out


def bezier_curve(rng: Rng) -> tuple[Array, Array]:
    """A cubic curve from (1, 1) over two random points to (0, 0), at 100000 points, sorted."""
    control = np.array([[0.0, 0.0], *rng.random((2, 2)).tolist(), [1.0, 1.0]])
    t = np.linspace(0.0, 1.0, POINTS)
    basis = np.array([t**3, 3 * t**2 * (1 - t), 3 * t * (1 - t) ** 2, (1 - t) ** 3])
    x, y = control.T @ basis
    x = np.sort(x)
    return (x, y) if rng.random() < 0.5 else (x, np.sort(y))


def intensity(image: Array, rng: Rng) -> Array:
    """Send all voxels through one curve; half of the curves invert."""
    x, y = bezier_curve(rng)
    return np.interp(image, x, y)


def in_painting(image: Array, rng: Rng) -> Array:
    """Fill up to five small boxes with noise."""
    out = image.copy()
    for _ in range(5):
        if rng.random() >= 0.95:
            break
        sides = [int(rng.integers(side // 6, side // 3 + 1)) for side in image.shape]
        out[_box(image.shape, sides, rng)] = rng.random(sides)
    return out


def out_painting(image: Array, rng: Rng) -> Array:
    """Fill everything with noise but one to five large boxes."""
    out = rng.random(image.shape)
    for number in range(5):
        if number and rng.random() >= 0.95:
            break
        sides = [side - int(rng.integers(3 * side // 7, 4 * side // 7 + 1)) for side in image.shape]
        box = _box(image.shape, sides, rng)
        out[box] = image[box]
    return out


def _box(shape: tuple[int, ...], sides: list[int], rng: Rng) -> tuple[slice, ...]:
    starts = [
        int(rng.integers(3, full - side - 3 + 1)) for full, side in zip(shape, sides, strict=True)
    ]
    return tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))


def paint(image: Array, rng: Rng) -> Array:
    """Out-painting four times in five, else in-painting."""
    return out_painting(image, rng) if rng.random() < 0.8 else in_painting(image, rng)


def autoencoder(image: Array, rng: Rng) -> tuple[Array, Array]:
    """Mirrored crop, twice."""
    clean = flip(image, rng)
    return clean, clean


def models_genesis(image: Array, rng: Rng, windows: int = WINDOWS) -> tuple[Array, Array]:
    """Corrupted and clean crop."""
    clean = flip(image, rng)
    out = shuffle(clean, rng, windows) if rng.random() < 0.5 else clean
    out = intensity(out, rng) if rng.random() < 0.9 else out
    return (paint(out, rng) if rng.random() < 0.9 else out), clean
