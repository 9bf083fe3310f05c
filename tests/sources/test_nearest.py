"""Nearest voxels along any axes, against a slow look-up and MONAI."""

import itertools

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import SpatialResample

from medssl.sources.nearest import nearest_on

RNG = np.random.default_rng(0)


def oracle(grid, values, affine):
    """Voxel by voxel."""
    found = np.empty(grid[0], values.dtype)
    to_source = np.linalg.solve(affine, grid[1])
    for at in np.ndindex(*grid[0]):
        place = np.rint((to_source @ [*at, 1])[:3].round(6)).astype(int)
        found[at] = values[tuple(place.clip(0, np.array(values.shape) - 1))]
    return found


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", itertools.permutations(range(3)))
@pytest.mark.parametrize("memory", itertools.permutations(range(3)))
def test_it_is_a_look_up(order, memory, kind):
    values = RNG.integers(0, 200, (7, 6, 5)).astype(kind)
    stored = np.ascontiguousarray(values.transpose(memory)).transpose(np.argsort(memory))
    affine = np.zeros((4, 4))
    affine[order, range(3)] = 0.7, -1.3, 2.0
    affine[:, 3] = 0.3, -2.0, 1.0, 1.0
    grid = (6, 7, 8), np.diag([1.0, 1.2, 0.9, 1.0])
    found = nearest_on(grid, stored, affine)
    assert found.dtype == kind
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, oracle(grid, values, affine))


def test_of_two_as_near_the_even_one_counts_whatever_the_rounding_of_an_affine():
    values = np.arange(4, dtype=np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)
    for noise in (0, 1e-9, -1e-9):
        found = nearest_on(((7, 2, 2), np.diag([0.5 + noise, 1, 1, 1])), values, np.eye(4))
        assert found[:, 0, 0].tolist() == [0, 0, 1, 2, 2, 2, 3]


def test_a_sheared_label_is_monais():
    affine = np.array([[1.0, 0, 0, 0], [0, 1, 0.6, 0], [0, 0, 2, 0], [0, 0, 0, 1]])
    values = RNG.integers(0, 300, (8, 8, 6)).astype(np.uint16)
    grid = (7, 7, 9), np.diag([1.0, 1, 1.1, 1])
    image = MetaTensor(torch.from_numpy(values.astype(np.float32))[None], affine=affine)
    resample = SpatialResample(mode="nearest", padding_mode="border")
    expected = resample(image, torch.from_numpy(grid[1]), grid[0])[0].numpy()
    np.testing.assert_array_equal(nearest_on(grid, values, affine), expected)
