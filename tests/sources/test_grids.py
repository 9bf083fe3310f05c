"""Grids are one where their corners are, within a tenth of a voxel."""

import itertools

import numpy as np
import pytest

from medssl.sources.grids import on_one_grid, shift_between

from ..scans import oblique_affine

SHAPE = (10, 12, 14)


@pytest.mark.parametrize("seed", range(4))
def test_the_shift_is_that_of_the_corner_that_is_farthest_off(seed):
    rng = np.random.default_rng(seed)
    affine = oblique_affine()
    other = affine + rng.normal(0, 0.01, (4, 4)) * [[1], [1], [1], [0]]
    ends = [[0, 0, 0, 1], [*(n - 1 for n in SHAPE), 1]]
    apart = max(np.abs(affine @ end - other @ end).max() for end in ends)
    assert shift_between((SHAPE, affine), (SHAPE, other)) == pytest.approx(apart)


def test_a_tenth_of_the_smallest_voxel_side_counts():
    affine = oblique_affine()  # 0.8 mm is its smallest side
    for shift, same in ((0.079, True), (0.081, False)):
        moved = affine.copy()
        moved[1, 3] += shift
        assert on_one_grid((SHAPE, affine), (SHAPE, moved)) == same


def test_grids_of_other_shapes_are_others():
    for shape in set(itertools.permutations(SHAPE)) - {SHAPE}:
        assert not on_one_grid((SHAPE, np.eye(4)), (shape, np.eye(4)))
    assert on_one_grid((list(SHAPE), np.eye(4)), (SHAPE, np.eye(4)))
