"""Values on another grid, for axes that are its own and for those of a tilted gantry."""

import numpy as np
import pytest

from medssl.sources.on_grid import values_on

SHEARED = np.array([[1.0, 0, 0, 0], [0, 1, 0.6, 0], [0, 0, 2, 0], [0, 0, 0, 1]])
SLOPE = np.array([3.0, -5.0, 4.0])


def field(shape, affine):
    places = np.moveaxis(np.indices(shape), 0, -1)
    return (places @ affine[:3, :3].T + affine[:3, 3]) @ SLOPE


@pytest.mark.parametrize("size", [1.0, 3.0])
@pytest.mark.parametrize("affine", [SHEARED, np.diag([1.0, 1, 2, 1])])
def test_a_linear_field_keeps_its_place(affine, size):
    values = field((40, 40, 20), affine)
    grid = (12, 12, 8), np.diag([size, size, size, 1.0])
    grid[1][:3, 3] = 6, 12, 8
    to_source = np.linalg.solve(affine, grid[1])
    places = np.moveaxis(np.indices(grid[0]), 0, -1) @ to_source[:3, :3].T + to_source[:3, 3]
    inner = ((places > 5) & (places < np.array(values.shape) - 6)).all(-1)
    found = values_on(grid, values, affine)
    assert inner.sum() > 20
    np.testing.assert_allclose(found[inner], field(*grid)[inner], atol=0.02)


def test_a_sheared_scan_is_blurred_where_it_becomes_coarser():
    stripes = np.where(np.indices((60, 40, 20))[0] % 2 == 0, 500, -500).astype(np.int16)
    grid = (14, 8, 8), np.diag([3.0, 3, 3, 1])
    grid[1][:3, 3] = 6, 12, 8
    sampled, blurred = (values_on(grid, stripes, SHEARED, antialias) for antialias in (False, True))
    assert sampled.std() > 400
    assert blurred.std() < 40
