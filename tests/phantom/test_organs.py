"""The inside of the chest: blood in the vessels, organs in their places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medssl.phantom.anatomy import draw_anatomy, great_vessels
from medssl.phantom.organs import paint_cavity
from medssl.phantom.thorax import Thorax

LIT = replace(
    draw_anatomy(np.random.default_rng(0)),
    blood_hu=300.0,
    liver_hu=110.0,
    muscle_hu=60.0,
    gas_level_mm=30.0,
    dome_mm=(70.0, 55.0),
    heart_size=1.0,
)


def painted(places: list[tuple[float, float, float]], thorax: Thorax) -> np.ndarray:
    """HU at each place, without texture."""
    x, y, z = np.array(places, np.float32).T
    hu = np.full(len(x), np.nan, np.float32)
    paint_cavity(hu, (x, y, z), thorax, np.zeros_like(x), 0.5)
    return hu


def test_vessels_hold_blood_along_their_whole_course() -> None:
    for path, _ in great_vessels().values():
        share = np.linspace(0, 1, 20)[:, None, None]
        axis = (path[:-1] + share * (path[1:] - path[:-1])).reshape(-1, 3)
        np.testing.assert_array_equal(painted(axis.tolist(), Thorax(LIT)), LIT.blood_hu)


def test_organs_have_their_hu_where_they_lie() -> None:
    expected = {
        (60.0, 0.0, -140.0): 110.0,  # liver, on the right
        (-105.0, -38.0, -160.0): 102.0,  # spleen
        (-62.0, 10.0, -150.0): 22.0,  # stomach: fluid
        (-62.0, 45.0, -150.0): -960.0,  # and gas in front of its level
        (-34.0, 20.0, -52.0): 300.0,  # left ventricle
        (0.0, 60.0, 40.0): -98.0,  # fat in front of the vessels
    }
    found = painted(list(expected), Thorax(LIT))
    assert found.tolist() == pytest.approx(list(expected.values()), abs=0.5)


def test_the_heart_is_a_wall_about_blood_which_only_contrast_shows() -> None:
    line = [(-34.0, y, -52.0) for y in np.arange(20.0, 80.0, 0.5)]
    places = np.array(line, np.float32).T
    for blood, wall in ((300.0, 120.0), (40.0, 48.0)):
        thorax = Thorax(replace(LIT, blood_hu=blood))
        heart = thorax.heart((places[0], places[1], places[2]))
        hu = painted(line, thorax)
        rim = (heart > -3.6) & (heart < -2.4)
        assert rim.any()
        np.testing.assert_allclose(hu[rim], wall, atol=0.5)
        assert hu[0] == blood
        assert (hu[(heart > 1) & (heart < 3)] < -90).all()  # fat under the pericardium
