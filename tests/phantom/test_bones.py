"""Bones: a cortex around marrow, ribs and vertebrae at their pitch, one side like the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medssl.phantom.anatomy import draw_anatomy
from medssl.phantom.bones import (
    RIB_PITCH_MM,
    VERTEBRA_MM,
    limb_bones,
    paint_bone,
    paint_cage,
    paint_limb_bone,
    paint_lower_ribs,
    paint_spine,
)
from medssl.phantom.fields import Points
from medssl.phantom.thorax import Thorax

SOFT_HU = 40.0


def thorax() -> Thorax:
    return Thorax(replace(draw_anatomy(np.random.default_rng(0)), marrow_hu=150.0))


def along_z(x: float, y: float, z: np.ndarray) -> Points:
    z = z.astype(np.float32)
    return np.full_like(z, x), np.full_like(z, y), z


def test_a_bone_is_soft_tissue_cortex_and_marrow_from_outside_in() -> None:
    distance = np.array([3.0, -0.8, -1.2, -4.0])
    hu = np.full(4, SOFT_HU)
    paint_bone(hu, distance, 200.0, cortex_mm=2.0, voxel=0.5)
    assert hu.tolist() == [SOFT_HU, 620.0, 620.0, 200.0]


def test_ribs_come_again_at_their_pitch_and_end_at_the_margin() -> None:
    z = np.arange(-400.0, 0.0, 0.5)
    points = along_z(0.0, -112.0, z)  # at the spine, the margin lies at -215
    hu = np.full(len(z), SOFT_HU)
    paint_lower_ribs(hu, points, np.zeros_like(points[2]), thorax(), 0.5)
    assert (hu[z < -216] == SOFT_HU).all()
    rib = hu > 100
    step = int(RIB_PITCH_MM / 0.5)
    above = z > -200
    assert (rib[above][step:] == rib[above][:-step]).all()
    assert 0.3 < rib[above].mean() < 0.7


def test_the_breast_bone_lies_in_front_alone() -> None:
    z = np.arange(-40.0, 80.0, 1.0)
    found = []
    for y in (90.0, -90.0):
        points = along_z(0.0, y, z)
        hu = np.full(len(z), SOFT_HU)
        # Far from the ribs, but within the thickness of the breast bone.
        paint_cage(hu, points, np.full_like(points[2], 5.5), thorax(), 0.5)
        found.append((hu > 100).mean())
    assert found[0] > 0.9
    assert found[1] < 0.5


def test_limbs_are_alike_on_both_sides() -> None:
    bones = limb_bones()
    right, left = bones[: len(bones) // 2], bones[len(bones) // 2 :]
    for (start, end, radius), (other, last, same) in zip(right, left, strict=True):
        assert (start * (-1, 1, 1) == other).all()
        assert (end * (-1, 1, 1) == last).all()
        assert radius == same


def test_a_limb_bone_is_painted_along_its_axis() -> None:
    start, end, radius = np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.0, 40.0]), 10.0
    x = np.array([0.0, 9.0, 30.0])
    for z, expected in ((20.0, [120.0, 620.0, SOFT_HU]), (70.0, [SOFT_HU] * 3)):
        points = (x, np.zeros(3), np.full(3, z))
        hu = np.full(3, SOFT_HU)
        paint_limb_bone(hu, points, (start, end, radius), np.full(3, 120.0), 0.5)
        assert hu == pytest.approx(expected)


def test_the_spine_has_a_cord_in_its_canal_and_discs_between_bodies() -> None:
    patient, z = thorax(), np.arange(-300.0, -230.0, 0.5)  # the trunk is straight there
    middle = float(patient.spine_y(np.array([-260.0]))[0])
    painted = []
    for dy in (0.0, -23.0):  # in the bodies, and in the canal behind them
        points = along_z(0.0, middle + dy, z)
        hu = np.full(len(z), -100.0)
        paint_spine(hu, points, patient, np.zeros_like(points[2]), 0.5)
        painted.append(hu)
    bodies, cord = painted
    assert (cord == 40.0).all()
    step = int(VERTEBRA_MM / 0.5)
    np.testing.assert_allclose(bodies[step:], bodies[:-step], atol=1)
    assert {75.0, 150.0} <= set(np.round(bodies).tolist())  # disc and marrow
    assert bodies.max() > 400  # the plates between them
