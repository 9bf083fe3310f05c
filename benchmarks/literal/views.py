"""SimCLR's, BYOL's and PCRL's views, one resampling and one blur after the other."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from .genesis import Array, Rng, flip, in_painting, out_painting


def affine(image: Array, rng: Rng, low: float, high: float) -> Array:
    """Scale each axis by ``low`` .. ``high`` and rotate by up to 10 degrees about each axis."""
    turn = Rotation.from_euler("xyz", rng.uniform(-10, 10, 3), degrees=True).as_matrix()
    inverse = np.linalg.inv(turn @ np.diag(rng.uniform(low, high, 3)))
    centre = (np.array(image.shape) - 1) / 2
    moved = ndimage.affine_transform(
        image, inverse, centre - inverse @ centre, order=1, mode="nearest"
    )
    return np.asarray(moved)


def blur(image: Array, rng: Rng) -> Array:
    """Gaussian blur with a standard deviation of 0 to 2 voxels."""
    return np.asarray(ndimage.gaussian_filter(image, rng.uniform(0, 2), mode="nearest"))


def contrastive_pair(first: Array, second: Array, rng: Rng) -> Array:
    """Two views ``(2, X, Y, Z)``: each mirrored, scaled, rotated and blurred on its own."""
    views = [blur(affine(flip(crop, rng), rng, 0.8, 1.2), rng) for crop in (first, second)]
    return np.stack(views)


def control(image: Array, rng: Rng) -> tuple[Array, Array]:
    """Mirror and turn by quarters in the x-y plane; the code says how (three bits, one of four)."""
    flips, turns = rng.random(3) < 0.5, int(rng.integers(0, 4))
    moved = np.rot90(np.flip(image, np.flatnonzero(flips)), turns, (0, 1))
    return moved.copy(), np.concatenate([flips, np.arange(4) == turns]).astype(float)


def pcrl_sample(first: Array, second: Array, rng: Rng) -> tuple[Array, Array, Array]:
    """Corrupted inputs ``(2, X, Y, Z)``, targets ``(3, X, Y, Z)`` and their codes ``(3, 7)``."""
    clean = [affine(flip(crop, rng), rng, 0.9, 1.1) for crop in (first, second)]
    share = rng.random()
    share = max(share, 1 - share)
    clean.append(share * clean[0] + (1 - share) * clean[1])
    targets, codes = zip(*[control(image, rng) for image in clean], strict=True)
    painted, outer = rng.random() < 0.9, rng.random() < 0.8
    inputs = []
    for image in clean[:2]:
        hidden = (out_painting if outer else in_painting)(image, rng) if painted else image
        inputs.append(blur(hidden, rng) if rng.random() < 0.4 else hidden)
    return np.stack(inputs), np.stack(targets), np.stack(codes)
