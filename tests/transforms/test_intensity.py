"""The Bezier map against the method written out: 100000 points, sorted, interpolated."""

import numpy as np
import pytest
import torch
from scipy.special import comb

from medssl.transforms import BezierParams, draw_bezier, intensity, map_intensity


def literal_map(values, points, decreasing, count=100_000):
    """Bernstein polynomials of (0, 0), two points, (1, 1); the curve starts at (1, 1)."""
    control = np.array([[0, 0], *points, [1, 1]], dtype=float)
    t = np.linspace(0, 1, count)
    basis = np.array([comb(3, i) * t ** (3 - i) * (1 - t) ** i for i in range(4)])
    x, y = control[:, 0] @ basis, control[:, 1] @ basis
    x = np.sort(x)
    if not decreasing:
        y = np.sort(y)
    return np.interp(values, x, y)


def ramp(count):
    return torch.linspace(0, 1, 4000).reshape(1, 1, 20, 20, 10).repeat(count, 1, 1, 1, 1)


def test_random_curves_match_the_literal_method():
    params = draw_bezier(torch.arange(30))
    images = ramp(30)
    mapped = map_intensity(images, params).flatten(1).double().numpy()
    values = images[0].flatten().double().numpy()
    for result, points, decreasing in zip(mapped, params.points, params.decreasing):
        assert np.abs(result - literal_map(values, points, decreasing)).max() < 3e-4


@pytest.mark.parametrize(
    "points",
    [
        [[0, 1], [0, 1]],  # vertical at 0
        [[1, 0], [1, 0]],  # flat at 0, vertical at 1
        [[1, 1], [0, 0]],  # both coordinates stand still half way
        [[1, 0.2], [0, 0.9]],  # x stands still half way: the map jumps there
        [[0, 0], [0, 0]],
        [[1 / 3, 1 / 3], [2 / 3, 2 / 3]],
    ],
)
def test_extreme_curves_match_the_literal_method(points):
    params = BezierParams(torch.tensor([points] * 2).double(), torch.tensor([False, True]))
    images = ramp(2)
    mapped = map_intensity(images, params).flatten(1).double().numpy()
    values = images[0].flatten().double().numpy()
    for result, decreasing in zip(mapped, (False, True)):
        # Where a curve stands still, float32 resolves its parameter to 2e-3 only.
        assert np.abs(result - literal_map(values, points, decreasing)).max() < 4e-3


def test_the_way_of_other_devices_gives_the_same():
    """Up to rounding."""
    params = draw_bezier(torch.arange(200))
    images = torch.rand(200, 2, 8, 8, 8, generator=torch.Generator().manual_seed(0)) * 1.2 - 0.1
    off = (intensity._map_on_device(images, params) - map_intensity(images, params)).abs()
    assert off.max() < 1e-6
    half = intensity._map_on_device(images.half(), params)
    assert half.dtype == torch.float16
    assert half.shape == images.shape


def test_maps_are_monotone_and_keep_the_range():
    params = draw_bezier(torch.arange(500))
    steps = map_intensity(ramp(500), params).flatten(1).diff(dim=1)
    assert (steps[~params.decreasing] >= -1e-6).all()
    assert (steps[params.decreasing] <= 1e-6).all()
    assert params.decreasing.double().mean() == pytest.approx(0.5, abs=0.1)
    ends = map_intensity(ramp(500), params).flatten(1)[:, [0, -1]]
    expected = torch.where(
        params.decreasing[:, None], torch.tensor([1.0, 0]), torch.tensor([0.0, 1])
    )
    assert torch.allclose(ends, expected, atol=1e-6)


def test_identity_curve_changes_nothing_and_values_outside_are_clipped():
    third = torch.tensor([[[1 / 3, 1 / 3], [2 / 3, 2 / 3]]], dtype=torch.float64)
    params = BezierParams(third, torch.tensor([False]))
    assert torch.allclose(map_intensity(ramp(1), params), ramp(1), atol=1e-6)
    outside = torch.tensor([-3.0, 0.0, 1.0, 2.0]).reshape(1, 1, 1, 1, 4)
    assert map_intensity(outside, params).flatten().tolist() == [0, 0, 1, 1]


def test_control_points_are_uniform():
    points = draw_bezier(torch.arange(4000)).points.flatten(1)
    for coordinate in points.T:
        counts = torch.histc(coordinate, 10, 0, 1)
        assert ((counts - 400) ** 2 / 400).sum() < 33.7  # chi-square, 9 degrees, p = 1e-4


def test_half_precision_is_kept():
    images = ramp(3).bfloat16()
    assert map_intensity(images, draw_bezier(torch.arange(3))).dtype == torch.bfloat16
