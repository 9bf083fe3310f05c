"""A lesion's surface: round, and uneven within its roughness."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.blob import Blob


def blob(roughness: float) -> Blob:
    rng = np.random.default_rng(4)
    bumps, phases = rng.normal(0, 2.4, (7, 3)), rng.uniform(0, 2 * np.pi, 7)
    return Blob(np.array([5.0, -2.0, 3.0]), 6.0, bumps, phases, roughness)


def test_without_roughness_it_is_a_ball() -> None:
    offset = np.random.default_rng(0).uniform(-12, 12, (200, 3))
    expected = np.linalg.norm(offset, axis=1) - 6.0
    np.testing.assert_allclose(blob(0.0).distance(offset), expected, atol=1e-12)
    assert blob(0.0).distance(np.zeros(3)) == pytest.approx(-6.0)


def test_each_direction_has_one_radius_that_roughness_bounds() -> None:
    rough, rng = blob(0.4), np.random.default_rng(1)
    unit = rng.normal(size=(500, 3))
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    radius = 1.0 - rough.distance(unit)  # from a point 1 mm off the centre
    for length in (0.5, 3.0, 9.0):
        np.testing.assert_allclose(rough.distance(length * unit), length - radius, atol=1e-9)
    assert 6 * 0.6 <= radius.min() < radius.max() <= 6 * 1.4
    assert radius.std() > 0.3
