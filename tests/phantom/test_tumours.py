"""Liver tumours: where they sit, how large they are, what is painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medssl.phantom.frame import draw_frame
from medssl.phantom.tumours import Tumour, draw_tumours, liver_points, paint_tumour

from .patients import draw_abdomen


def test_tumours_lie_in_the_liver_and_apart() -> None:
    sizes = []
    for seed in range(12):
        tumours = draw_tumours(draw_abdomen(seed), np.random.default_rng(seed))
        sizes += [2 * one.radius_mm for one in tumours]
        assert 2 * tumours[0].radius_mm >= 14
        for k, one in enumerate(tumours):
            for other in tumours[:k]:
                gap = np.linalg.norm(one.centre - other.centre) - one.radius_mm - other.radius_mm
                assert gap > 5
    assert min(sizes) < 10
    assert max(sizes) > 40


def test_liver_points_are_as_deep_as_asked_for() -> None:
    abdomen = draw_abdomen(3)
    points = liver_points(abdomen, 200, np.random.default_rng(0), depth_mm=9.0)
    assert points.shape == (200, 3)
    x, y, z = points.T.astype(np.float32)
    assert abdomen.liver((x, y, z)).max() < -9
    assert abdomen.cavity((x, y, z)).max() < 0


def test_a_tumour_ends_at_the_livers_surface_and_its_middle_may_be_dead() -> None:
    abdomen, frame = draw_abdomen(2), draw_frame(np.random.default_rng(0), (3.0,) * 3, (90.0,) * 3)
    places = liver_points(abdomen, 200, np.random.default_rng(0), depth_mm=13.0)
    x, y, z = places.T.astype(np.float32)
    centre = places[abdomen.liver((x, y, z)).argmax()]  # 13 mm deep and little more
    reference = frame.reference.copy()
    reference[:3, 3] += centre - (reference @ [15, 15, 15, 1])[:3]
    frame = replace(frame, reference=reference)
    points = frame.points()
    tumour = Tumour(centre, 16.0, np.zeros((1, 3)), np.zeros(1), 0.0, hu=70.0, core_hu=20.0)
    hu, label = np.full(frame.shape, 110.0, np.float32), np.ones(frame.shape, np.uint8)
    paint_tumour(hu, label, tumour, frame, abdomen, np.zeros(frame.shape, np.float32))
    away = np.linalg.norm(np.stack(points, -1) - centre.astype(np.float32), axis=-1)
    inside = (away < 16.0) & (abdomen.liver(points) < -0.5)
    np.testing.assert_array_equal(label, np.where(inside, 2, 1))
    assert ((away < 16.0) & ~inside).any()
    far = (away > 20.0) | (abdomen.liver(points) > 4.0)
    assert (hu[far] == 110.0).all()
    rim = inside & (away > 13) & (away < 14.5)
    assert hu[15, 15, 15] < 30 < 60 < np.median(hu[rim]) < 90


def test_beside_the_grid_nothing_is_painted() -> None:
    abdomen, frame = draw_abdomen(2), draw_frame(np.random.default_rng(0), (5.0,) * 3, (20.0,) * 3)
    tumour = draw_tumours(abdomen, np.random.default_rng(0))[0]
    hu, label = np.zeros(frame.shape, np.float32), np.zeros(frame.shape, np.uint8)
    away = replace(tumour, centre=np.array([500.0, 0.0, 0.0]))
    paint_tumour(hu, label, away, frame, abdomen, hu)
    assert not hu.any()
    assert not label.any()


def test_three_in_four_are_darker_than_the_liver_and_only_large_ones_die_off() -> None:
    abdomen, rng = draw_abdomen(0), np.random.default_rng(0)
    tumours = [one for _ in range(60) for one in draw_tumours(abdomen, rng)]
    dark = [one.hu < 100 for one in tumours]
    assert np.mean(dark) == pytest.approx(0.75, abs=0.12)
    dead = [one for one in tumours if one.core_hu != one.hu]
    assert dead
    assert all(one.core_hu < one.hu and one.radius_mm > 14 for one in dead)
