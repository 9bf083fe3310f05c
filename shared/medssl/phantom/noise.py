"""Smooth noise: the texture of tissue."""

from __future__ import annotations

import numpy as np

from .fields import Array
from .frame import Frame

_AXIS_VARIANCE = 26 / 35  # of the interpolation below, averaged over a cell of one axis


class ValueNoise:
    """Smooth noise of mean 0 and standard deviation 1 over a frame.

    Normal numbers on a coarse grid, interpolated axis by axis with a cubic weight: no BLAS and no
    thread count enters, so that the same seed gives the same bytes everywhere.
    """

    def __init__(self, rng: np.random.Generator, frame: Frame, wavelength_mm: float) -> None:
        extents = np.array(frame.shape) * frame.spacing_mm
        self.wavelength_mm = wavelength_mm
        self._grid = rng.standard_normal((extents / wavelength_mm).astype(int) + 3, np.float32)
        self._grid /= _AXIS_VARIANCE**1.5

    def sample(self, frame: Frame) -> Array:
        """Return the noise ``(x, y, z)`` on the frame it was made for or on a slab of it."""
        field = self._grid
        first = (0, 0, frame.first_slice)
        for axis, (count, step) in enumerate(zip(frame.shape, frame.spacing_mm, strict=True)):
            position = (first[axis] + np.arange(count)) * (step / self.wavelength_mm)
            low = position.astype(np.intp)
            weight = position - low
            weight = (weight * weight * (3.0 - 2.0 * weight)).astype(np.float32)
            weight = weight.reshape([-1 if other == axis else 1 for other in range(3)])
            before = np.take(field, low, axis)
            field = before + weight * (np.take(field, low + 1, axis) - before)
        return field
