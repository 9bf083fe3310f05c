"""What the scanner adds: blur, edge enhancement and correlated noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .fields import Array
from .frame import Frame


@dataclass(frozen=True)
class Kernel:
    """A reconstruction kernel: blur and noise correlation in mm (in-plane), noise in HU."""

    blur_mm: float
    sharpening: float
    correlation_mm: float
    noise_hu: float


def draw_kernel(rng: np.random.Generator) -> Kernel:
    """Draw a soft-tissue kernel (two in three) or a lung kernel: sharper, with more noise."""
    if rng.random() < 0.66:
        return Kernel(float(rng.uniform(0.5, 0.7)), 0.0, 0.75, float(rng.uniform(6, 18)))
    return Kernel(float(rng.uniform(0.35, 0.45)), 0.5, 0.4, float(rng.uniform(20, 38)))


def scan(hu: Array, frame: Frame, kernel: Kernel, rng: np.random.Generator) -> Array:
    """Return what the scanner reconstructs of ``hu`` (float32 HU): int16 HU in [-1024, 3071]."""
    blurred = _blur(hu, frame, kernel.blur_mm, 0.3)
    if kernel.sharpening:
        blurred += kernel.sharpening * (blurred - _blur(blurred, frame, 0.9, 0.0))
    noise = rng.standard_normal(frame.shape, np.float32)
    noise = _blur(noise, frame, kernel.correlation_mm, 0.0)
    noise *= kernel.noise_hu / max(float(noise.std()), 1e-6)
    x, y = (np.linspace(-1, 1, count, dtype=np.float32) for count in frame.shape[:2])
    noise *= (1.25 - 0.55 * np.minimum(np.hypot(x[:, None], y), 1.0))[..., None]
    blurred += noise
    return np.clip(np.rint(blurred), -1024, 3071).astype(np.int16)


def _blur(field: Array, frame: Frame, in_plane_mm: float, across_mm: float) -> Array:
    sigmas = np.array([in_plane_mm, in_plane_mm, across_mm]) / np.array(frame.spacing_mm)
    sigmas[sigmas < 0.25] = 0.0  # a kernel of one voxel
    blurred: Array = ndimage.gaussian_filter(field, sigmas, truncate=3.0)
    return blurred
