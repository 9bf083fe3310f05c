"""Shapes against distances that were sampled, and paint."""

from __future__ import annotations

import numpy as np

from medssl.phantom.fields import (
    blend,
    capsule,
    coverage,
    ellipsoid,
    polyline,
    smooth_max,
    smooth_min,
)


def test_shapes_against_sampled_distances() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-20, 20, (300, 3))
    x, y, z = points.T
    start, end = np.array([-5.0, 2.0, 1.0]), np.array([9.0, -3.0, 6.0])
    along = np.linspace(0, 1, 4001)[:, None]
    axis = start + along * (end - start)
    nearest = np.linalg.norm(points[:, None] - axis, axis=2).min(1)
    np.testing.assert_allclose(capsule((x, y, z), start, end, (2.0, 2.0)), nearest - 2, atol=1e-3)
    ball = ellipsoid((x, y, z), (1.0, 2.0, 3.0), (5.0, 5.0, 5.0))
    expected = np.linalg.norm(points - [1, 2, 3], axis=1) - 5
    np.testing.assert_allclose(ball, expected, atol=1e-4)
    flat = ellipsoid((x, y, z), (0.0, 0.0, 0.0), (9.0, 4.0, 6.0), turn=0.7)
    turned = np.cos(0.7) * x + np.sin(0.7) * y, np.cos(0.7) * y - np.sin(0.7) * x
    inside = (turned[0] / 9) ** 2 + (turned[1] / 4) ** 2 + (z / 6) ** 2 < 1
    np.testing.assert_array_equal(flat < 0, inside)
    assert (smooth_max(x, y, 3.0) >= np.maximum(x, y)).all()
    np.testing.assert_array_equal(coverage(np.array([-3.0, 0.0, 3.0]), 2.0), [1.0, 0.5, 0.0])


def test_a_path_is_the_nearest_of_its_pieces() -> None:
    rng = np.random.default_rng(1)
    x, y, z = rng.uniform(-20, 20, (3, 300))
    path = rng.uniform(-10, 10, (4, 3))
    pieces = [capsule((x, y, z), path[k], path[k + 1], (1.5, 1.5)) for k in range(3)]
    np.testing.assert_array_equal(polyline((x, y, z), path, 1.5), np.min(pieces, axis=0))


def test_a_smooth_union_is_the_complement_of_a_smooth_intersection() -> None:
    first, second = np.random.default_rng(2).uniform(-5, 5, (2, 400))
    union = smooth_min(first, second, 2.0)
    np.testing.assert_allclose(union, -smooth_max(-first, -second, 2.0))
    far = np.abs(first - second) >= 2.0
    np.testing.assert_array_equal(union[far], np.minimum(first, second)[far])
    assert (union[~far] < np.minimum(first, second)[~far]).all()
    assert smooth_min(np.zeros(1), np.zeros(1), 2.0)[0] == -0.5  # a quarter of the radius


def test_paint_covers_as_much_of_a_voxel_as_the_shape_does() -> None:
    hu = np.array([-1000.0, -1000.0, -1000.0, 0.0])
    blend(hu, np.array([-2.0, 0.0, 0.25, 2.0]), 100.0, 1.0)
    assert hu.tolist() == [100.0, -450.0, -725.0, 0.0]


def test_the_centre_of_an_ellipsoid_is_as_deep_as_its_shortest_radius() -> None:
    y = np.array([-3.0, -0.1, 0.0, 0.1, 3.0], np.float32)
    distance = ellipsoid((0 * y, y, 0 * y), (0.0, 0.0, 0.0), (9.0, 4.0, 6.0))
    assert distance.dtype == np.float32
    np.testing.assert_allclose(distance, np.abs(y) - 4.0, atol=0.02)
