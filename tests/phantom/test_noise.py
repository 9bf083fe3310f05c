"""Noise: its scale, its wavelength, and that slabs see the same."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.frame import draw_frame
from medssl.phantom.noise import ValueNoise


def test_noise_has_its_wavelength_and_scale() -> None:
    rng = np.random.default_rng(0)
    frame = draw_frame(rng, (1.0, 1.0, 1.0), (90.0, 100.0, 80.0))
    short, long = (ValueNoise(rng, frame, mm).sample(frame) for mm in (2.0, 8.0))
    assert short.shape == frame.shape
    assert short.std() == pytest.approx(1.0, abs=0.05)
    assert long.std() == pytest.approx(1.0, abs=0.15)
    steps = [np.abs(np.diff(noise, axis=0)).mean() for noise in (short, long)]
    assert steps[0] > 3 * steps[1]
