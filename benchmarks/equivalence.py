"""Do two ways of making samples make the same distribution of samples?

Each sample is summed up in a few numbers, and each number is compared between the two ways by a
two-sample Kolmogorov-Smirnov test.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

Array = NDArray[Any]
LEVEL = 1e-4  # smallest p value of any number that passes; Bonferroni-corrected for their count


class NotEquivalentError(Exception):
    """The distributions differ: a ratio of their speeds would mean nothing."""


def texture(channels: int, shape: tuple[int, int, int], seed: int = 0) -> NDArray[np.float32]:
    """Images ``(C, X, Y, Z)`` in [0, 1] that look different from every side.

    Smoothed noise of another grain along each axis, on slopes that no mirroring or turn hides, and
    darker from channel to channel.
    """
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*[np.linspace(0, 1, side) for side in shape], indexing="ij")
    slope = 0.5 * axes[0] ** 2 + 0.3 * axes[1] + 0.2 * axes[2]
    images = []
    for channel in range(channels):
        grain = ndimage.gaussian_filter(rng.standard_normal(shape), (0.6, 1.0, 1.8))
        shade = 1 - 0.5 * channel / max(channels, 1)
        images.append(shade * np.clip(0.1 + 0.6 * slope + 0.15 * grain / grain.std(), 0.02, 1))
    return np.stack(images).astype(np.float32)


def describe(sample: Array, original: Array) -> dict[str, float]:
    """Sum up one sample ``(C, X, Y, Z)`` made from ``original``."""
    values = sample.astype(np.float64)
    numbers = {f"mean {index}": channel.mean() for index, channel in enumerate(values)}
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        numbers[f"quantile {level}"] = np.quantile(values, level)
    for axis, name in ((1, "x"), (2, "y"), (3, "z")):
        side = values.shape[axis]
        profile = np.moveaxis(values, axis, 0).reshape(side, -1).mean(1)
        numbers[f"slope {name}"] = profile @ np.linspace(-1, 1, side)
        numbers[f"roughness {name}"] = np.abs(np.diff(values, axis=axis)).mean()
    numbers["zeros"] = (values == 0).mean()
    if sample.shape == original.shape:
        numbers["changed"] = (np.abs(values - original) > 1e-4).mean()
    return {name: float(round(number, 6)) for name, number in numbers.items()}


def compare(ours: Iterable[Array], literal: Iterable[Array], original: Array) -> float:
    """Return the smallest p value times the number of tests, at most 1.

    Raises:
        NotEquivalentError: it is below ``LEVEL``; the message says where.
    """
    first, second = ([describe(sample, original) for sample in each] for each in (ours, literal))
    names = first[0].keys()
    pvalues = {
        name: float(stats.ks_2samp([row[name] for row in first], [row[name] for row in second])[1])
        for name in names
    }
    name = min(pvalues, key=lambda key: pvalues[key])
    corrected = min(1.0, pvalues[name] * len(pvalues))
    if corrected < LEVEL:
        middle = [np.median([row[name] for row in rows]) for rows in (first, second)]
        raise NotEquivalentError(
            f"'{name}' differs, p {corrected:.1e}: median {middle[0]:.4g}, literal {middle[1]:.4g}"
        )
    return corrected
