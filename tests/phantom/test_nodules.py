"""Nodules: what is drawn, what is painted, and that both agree with the annotation."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from medssl.phantom import make_chest_phantom
from medssl.phantom.frame import Frame, draw_frame
from medssl.phantom.nodules import Kind, Lesion, draw_lesions, paint_lesion
from medssl.phantom.thorax import Thorax
from medssl.phantom.trees import Tree, lung_targets

from .patients import draw_thorax


def test_mask_has_the_annotated_volume() -> None:
    measured = []
    for seed in (2, 3, 6):
        phantom = make_chest_phantom(seed, (1.0, 1.0, 1.0), (250.0, 190.0, 60.0))
        for number, nodule in enumerate(phantom.nodules, 1):
            k = np.nonzero(phantom.nodule_mask == number)[2]
            if min(k.min(), phantom.volume.shape[2] - 1 - k.max()) < 1:
                continue  # cut by the field of view
            volume = len(k) * 1.0  # voxels of 1 mm3
            measured.append((6 * volume / np.pi) ** (1 / 3) / nodule.diameter_mm)
    assert measured
    np.testing.assert_allclose(measured, 1.0, atol=0.12)


RADIUS = 6.0


def ball(thorax: Thorax, kind: Kind = "solid", hu: float = 60.0) -> Lesion:
    """A round lesion far inside the right lung, without strands."""
    points = lung_targets(thorax, 2000, True, np.random.default_rng(0))
    x, y, z = points.T.astype(np.float32)
    depth = thorax.lungs((x, y, z))
    bumps, phases = np.zeros((1, 3)), np.zeros(1)
    return Lesion(points[depth.argmin()], RADIUS, bumps, phases, 0.0, kind, hu, np.zeros((1, 3)))


def frame_about(lesion: Lesion) -> Frame:
    frame = draw_frame(np.random.default_rng(1), (1.0, 1.0, 1.5), (40.0, 40.0, 39.0))
    reference = frame.reference.copy()
    middle = (reference @ [*(np.array(frame.shape) - 1) / 2, 1.0])[:3]
    reference[:3, 3] += lesion.centre - middle
    return replace(frame, reference=reference)


def test_a_round_nodule_is_annotated_and_painted_as_the_ball_it_is() -> None:
    thorax = draw_thorax(0)
    lesion = ball(thorax)
    frame = frame_about(lesion)
    hu, mask = np.full(frame.shape, -870.0, np.float32), np.zeros(frame.shape, np.uint16)
    nodule = paint_lesion(hu, mask, 3, lesion, frame, thorax)
    assert nodule is not None
    assert nodule.diameter_mm == pytest.approx(2 * RADIUS, rel=0.02)
    np.testing.assert_allclose(nodule.world_mm, frame.world(lesion.centre[None])[0], atol=0.1)
    away = np.linalg.norm(
        (np.moveaxis(np.indices(frame.shape), 0, -1) - frame.voxels(lesion.centre[None])[0])
        * frame.spacing_mm,
        axis=-1,
    )
    np.testing.assert_array_equal(mask, np.where(away < RADIUS, 3, 0))
    assert (hu[away < RADIUS - 2] == 60.0).all()
    assert (hu[away > RADIUS + 2] == -870.0).all()


@pytest.mark.parametrize(("kind", "middle"), [("ground_glass", -550.0), ("part_solid", 30.0)])
def test_a_part_solid_nodule_has_a_dense_core_and_a_ground_glass_one_has_none(
    kind: Kind, middle: float
) -> None:
    thorax = draw_thorax(0)
    lesion = ball(thorax, kind, -550.0)
    frame = frame_about(lesion)
    hu, mask = np.full(frame.shape, -870.0, np.float32), np.zeros(frame.shape, np.uint16)
    paint_lesion(hu, mask, 1, lesion, frame, thorax)
    voxel = tuple(np.round(frame.voxels(lesion.centre[None])[0]).astype(int))
    assert hu[voxel] == pytest.approx(middle)
    assert hu[voxel[0] + 4, voxel[1], voxel[2]] < -300


def test_off_the_grid_and_outside_the_lungs_nothing_is_painted() -> None:
    thorax = draw_thorax(0)
    lesion = ball(thorax)
    frame = frame_about(lesion)
    elsewhere = [
        (replace(lesion, centre=lesion.centre + 60.0), frame),
        (heart := replace(lesion, centre=np.array([-24.0, 24.0, -50.0])), frame_about(heart)),
    ]
    for one, grid in elsewhere:
        hu, mask = np.full(grid.shape, -870.0, np.float32), np.zeros(grid.shape, np.uint16)
        assert paint_lesion(hu, mask, 1, one, grid, thorax) is None
        assert not mask.any()
        assert (hu == -870.0).all()


def test_strands_leave_along_their_directions_and_taper() -> None:
    spike = np.array([[0.0, 0.6, 0.8]])
    lesion = replace(ball(draw_thorax(0)), spikes=spike)
    lengths = np.array([1.0, 6.0, 12.0])
    along = lesion.spicules(lengths[:, None] * spike)
    np.testing.assert_allclose(along, -1.1 * (1 - lengths / (2.2 * RADIUS)))
    assert (lesion.spicules(-lengths[:, None] * spike) > 0).all()
    assert lesion.spicules(14.0 * spike)[0] > 0  # past the end


def test_lesions_are_drawn_apart_small_and_large() -> None:
    vessels = Tree(*(np.zeros((1, 3)),) * 2, *(np.ones(1),) * 2)
    sizes = []
    for seed in range(12):
        lesions = draw_lesions(draw_thorax(seed), vessels, np.random.default_rng(seed))
        assert len(lesions) <= 8
        sizes += [2 * one.radius_mm for one in lesions]
        for one, two in combinations(lesions, 2):
            gap = np.linalg.norm(one.centre - two.centre) - one.radius_mm - two.radius_mm
            assert gap > 5.0
    assert 3.0 < min(sizes) < 4.5
    assert 12 < max(sizes) <= 28
    assert np.median(sizes) == pytest.approx(6.5, abs=1.5)
