"""Skin, fat and muscle in layers, and a table only where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medssl.phantom.anatomy import draw_anatomy
from medssl.phantom.fields import Array
from medssl.phantom.shell import AIR_HU, paint_shell
from medssl.phantom.thorax import Thorax

Y = np.arange(-220.0, 200.0, 0.5, dtype=np.float32)  # a line from back to front through the belly


def painted(table: bool) -> tuple[Array, Array, Thorax]:
    """HU along the line, distance to the skin, and the patient."""
    anatomy = draw_anatomy(np.random.default_rng(0))
    anatomy = replace(anatomy, fat_mm=15.0, breast_mm=0.0, muscle_hu=55.0, table=table)
    thorax, zeros = Thorax(anatomy), np.zeros_like(Y)
    points = (zeros, Y, zeros - 60.0)
    hu = np.full(len(Y), AIR_HU, np.float32)
    # A depth of one layer of muscle, far from the fat between them.
    depth = np.full_like(Y, 9.0 * np.pi / 2)
    skin = paint_shell(hu, points, depth, thorax, zeros, zeros, 0.5)
    return hu, skin, thorax


def test_layers_follow_each_other_from_outside_in() -> None:
    hu, skin, thorax = painted(table=False)
    zeros = np.zeros_like(Y)
    wall = thorax.muscle_wall((zeros, Y, zeros - 60.0))
    assert (hu[skin > 0.3] == AIR_HU).all()
    np.testing.assert_allclose(hu[(skin < -0.3) & (skin > -1.5)], 20.0, atol=0.5)
    fat = (skin < -2.1) & (wall > 0.3)
    assert fat.sum() > 20
    np.testing.assert_allclose(hu[fat], -102.0, atol=0.5)
    muscle = (wall < -0.3) & (skin < -3)
    np.testing.assert_allclose(hu[muscle], 55.0, atol=0.5)


def test_the_table_has_two_shells_under_the_back() -> None:
    without, skin, _ = painted(table=False)
    with_table, _, _ = painted(table=True)
    changed = with_table != without
    back = Y[skin < 0].min()
    assert (Y[changed] < back).all()
    shells = sorted(with_table[(with_table > -500) & changed].round(3).tolist())
    assert {-250.0, -450.0} <= set(shells)
    places = [Y[with_table == hu].mean() for hu in (-250.0, -450.0)]
    assert places[0] - places[1] == pytest.approx(24.0, abs=0.5)
