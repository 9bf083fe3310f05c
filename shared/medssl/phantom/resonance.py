"""MR-like scans of the painted abdomen: grey values of no unit, a coil's shading, MR noise.

Nothing of the physics of MR is computed. A curve over HU makes fat bright, fluid and bone dark and
air black, as in a T1-weighted image; a smooth field shades it; noise is Rician. The four sequences
are known functions of that one image, so that what a network makes of channels can be checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .fields import Array
from .frame import Frame
from .noise import ValueNoise

Sequence: TypeAlias = Callable[[Array], Array]

_HU = (-1000.0, -850.0, -400.0, -100.0, 10.0, 60.0, 120.0, 200.0, 320.0, 620.0)
_SIGNAL = (0.0, 0.04, 0.10, 0.75, 0.22, 0.36, 0.52, 0.66, 0.30, 0.12)
_SHADING = 0.1  # standard deviation of the field's logarithm
_SHADING_MM = 220.0
_NOISE = 0.015
_AIR = 0.1  # grey values below are air and lung


def magnetic_image(hu: Array, frame: Frame, rng: np.random.Generator) -> Array:
    """Return an MR-like image of painted tissue.

    Args:
        hu: ``(x, y, z)`` float HU, without noise.
        frame: its voxel grid.
        rng: draws the coil's shading and the noise.

    Returns:
        ``(x, y, z)`` float32 in [0, 1].
    """
    shading = np.exp(_SHADING * ValueNoise(rng, frame, _SHADING_MM).sample(frame))
    signal = np.interp(hu, _HU, _SIGNAL).astype(np.float32) * shading
    real, imaginary = (_NOISE * rng.standard_normal(hu.shape, np.float32) for _ in range(2))
    return np.clip(np.hypot(signal + real, imaginary), 0.0, 1.0)


def t1(image: Array) -> Array:
    """The image itself."""
    return image


def t2(image: Array) -> Array:
    """The negative of tissue, ``1.1 - x``; air, below 0.1, stays as it is."""
    return np.where(image < _AIR, image, 1.0 + _AIR - image)


def proton_density(image: Array) -> Array:
    """The square root: little contrast among bright tissues."""
    return np.sqrt(image)


def t1_contrast(image: Array) -> Array:
    """The square: much contrast among bright tissues."""
    return np.square(image)


SEQUENCES: dict[str, Sequence] = {"T1": t1, "T2": t2, "PD": proton_density, "T1ce": t1_contrast}
