"""The voxel grid over the patient: places there and back, boxes, slabs."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.frame import Frame, draw_frame
from medssl.phantom.noise import ValueNoise


def test_drawn_spacing_and_view_are_those_of_luna16() -> None:
    for seed in range(40):
        frame = draw_frame(np.random.default_rng(seed), None, None)
        x, y, z = frame.spacing_mm
        assert 0.6 <= x == y <= 0.9
        assert 1.0 <= z <= 2.5
        extent = np.array(frame.shape) * frame.spacing_mm
        assert (extent[:2] > 313).all()
        assert (extent[:2] < 387).all()


def test_slabs_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medssl.phantom.frame._SLAB_VOXELS", 2500)
    rng = np.random.default_rng(2)
    frame = draw_frame(rng, (2.0, 2.0, 3.0), (60.0, 60.0, 60.0))
    noise = ValueNoise(rng, frame, 7.0)
    slabs = [slab for _, slab in frame.slabs()]
    assert [slab.shape[2] for slab in slabs] == [2] * 10
    whole, parts = noise.sample(frame), [noise.sample(slab) for slab in slabs]
    np.testing.assert_array_equal(np.concatenate(parts, axis=2), whole)
    for axis, expected in enumerate(frame.points()):
        joined = np.concatenate([slab.points()[axis] for slab in slabs], axis=2)
        np.testing.assert_allclose(joined, expected, atol=1e-3)


@pytest.fixture
def frame() -> Frame:
    return draw_frame(np.random.default_rng(7), (2.0, 1.5, 3.0), (60.0, 45.0, 48.0))


def test_points_and_voxels_are_each_others_inverse(frame: Frame) -> None:
    x, y, z = (axis.ravel() for axis in frame.points())
    voxels = frame.voxels(np.stack([x, y, z], axis=1))
    expected = np.indices(frame.shape).reshape(3, -1).T
    np.testing.assert_allclose(voxels, expected, atol=1e-3)


def test_the_scanner_sees_the_voxels_where_the_affine_says(frame: Frame) -> None:
    place = np.array([axis[3, 5, 7] for axis in frame.points()])
    expected = (frame.affine @ [3, 5, 7, 1])[:3]
    np.testing.assert_allclose(frame.world(place[None])[0], expected, atol=1e-3)
    near = np.array([axis[4, 5, 7] for axis in frame.points()])
    steps = np.linalg.norm(frame.world(near[None]) - frame.world(place[None]))
    assert steps == pytest.approx(2.0, abs=1e-3)  # spacing holds in scanner mm
    sides = [np.linalg.norm(frame.reference[:3, axis]) for axis in range(3)]
    assert frame.voxel_mm == pytest.approx(np.prod(sides) ** (1 / 3), rel=0.01)


def test_a_box_holds_every_voxel_of_its_reference_box_and_little_more(frame: Frame) -> None:
    points = np.stack(frame.points(), axis=-1)
    lower, upper = points[8, 9, 4] - 4.0, points[8, 9, 4] + 4.0
    inside = ((points >= lower) & (points <= upper)).all(-1)
    box = frame.box(lower, upper)
    assert box is not None
    boxed = np.zeros(frame.shape, bool)
    boxed[box] = True
    assert boxed[inside].all()
    sides = [one.stop - one.start for one in box]
    assert sides == pytest.approx([8 / 2, 8 / 1.5, 8 / 3], abs=3)
    np.testing.assert_array_equal(np.stack(frame.points(box), axis=-1), points[box])


def test_a_box_beside_the_grid_is_none(frame: Frame) -> None:
    corner = np.array([axis.max() for axis in frame.points()]) + 20.0
    assert frame.box(corner, corner + 10.0) is None
