"""A round lesion with an uneven surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fields import Array


@dataclass(frozen=True)
class Blob:
    """A lesion's centre in reference mm and its shape as a radius by direction."""

    centre: Array
    radius_mm: float
    bumps: Array  # (n, 3) wave vectors of the surface
    phases: Array  # (n,)
    roughness: float

    def distance(self, offset: Array) -> Array:
        """Return the signed distance (mm) for offsets ``(..., 3)`` in mm from the centre."""
        length = np.linalg.norm(offset, axis=-1)
        unit = offset / np.maximum(length, 1e-6)[..., None]
        waves = np.cos(unit @ self.bumps.T + self.phases).mean(-1)
        distance: Array = length - self.radius_mm * (1.0 + self.roughness * waves)
        return distance
