"""The chest's surfaces: right and left, and what lies inside what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medssl.phantom.anatomy import draw_anatomy
from medssl.phantom.thorax import PLEURA_MM, Thorax, section, table

from .patients import draw_thorax

SEEDS = (0, 1, 2, 3, 4, 5)


def test_left_and_right_are_not_mixed_up() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        thorax = Thorax(draw_anatomy(rng))
        points = rng.uniform((-130, -90, -130), (130, 90, 60), (40000, 3)).astype(np.float32)
        x, y, z = points.T
        heart = x[thorax.heart((x, y, z)) < 0]
        assert heart.mean() < -5  # to the patient's left, x runs to the right
        right, left = (np.array([float(side), 0.0, 0.0], np.float32) for side in (70.0, -70.0))
        heights = [
            -float(thorax.diaphragm((one[:1], one[1:2], one[2:]))[0]) for one in (right, left)
        ]
        assert heights[0] > heights[1] + 5  # the liver lifts the right dome


def test_lungs_lie_in_the_cage_beside_the_heart_and_above_the_diaphragm() -> None:
    for seed in SEEDS:
        thorax = draw_thorax(seed)
        places = np.random.default_rng(seed).uniform(
            (-150, -110, -200), (150, 110, 160), (30000, 3)
        )
        x, y, z = places.T.astype(np.float32)
        points = (x, y, z)
        lungs = thorax.lungs(points) < 0
        assert 0.1 < lungs.mean() < 0.5
        assert thorax.rib_cage(points)[lungs].max() < -PLEURA_MM
        assert thorax.diaphragm(points)[lungs].min() > 0
        assert thorax.heart(points)[lungs].min() > 0
        assert (np.hypot(x, y - thorax.spine_y(z))[lungs] > 15).all()  # the vertebral bodies
        np.testing.assert_array_equal(
            thorax.lungs(points, thorax.rib_cage(points)), thorax.lungs(points)
        )


def test_skin_lies_as_far_outside_the_muscle_as_the_fat_is_thick() -> None:
    anatomy = replace(draw_anatomy(np.random.default_rng(0)), breast_mm=0.0)
    y = np.linspace(60, 200, 500, dtype=np.float32)  # in front
    points = (np.zeros_like(y), y, np.zeros_like(y))
    for fat in (5.0, 20.0):
        thorax = Thorax(replace(anatomy, fat_mm=fat))
        wall = thorax.muscle_wall(points)
        skin = thorax.skin(points, wall)
        gap = y[np.abs(skin).argmin()] - y[np.abs(wall).argmin()]
        assert 1.2 * fat < gap < 1.4 * fat + 3


def test_a_section_is_zero_on_its_superellipse() -> None:
    tables = tuple(table((-100, 100), (value, value)) for value in (60, 40, 5))
    angle = np.linspace(0, 2 * np.pi, 60)
    cosine, sine = np.cos(angle), np.sin(angle)
    x = 60 * np.sign(cosine) * np.abs(cosine) ** (2 / 2.5)
    y = 5 + 40 * np.sign(sine) * np.abs(sine) ** (2 / 2.5)
    on = (x.astype(np.float32), y.astype(np.float32), np.zeros(60, np.float32))
    assert np.abs(section(on, tables)).max() < 0.01
    outside = (np.array([70.0], np.float32), np.array([5.0], np.float32), np.zeros(1, np.float32))
    assert section(outside, tables)[0] == pytest.approx(10.0, abs=1e-3)
