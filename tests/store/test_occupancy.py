"""The tissue rule against a slow oracle, and the bounds that stand in for it."""

import numpy as np
import pytest

from medssl.store.occupancy import Occupancy, pack_occupancy, tissue_and_matter

from ..scans import small_ct


def tissue_oracle(window, depth, extra=3):
    """Score of a window of ``depth + extra`` slices, voxel by voxel and slice by slice.

    From each voxel, look down ``extra`` slices for the first tissue; the nearer, the more it
    counts: 1 at once, 1/2 one slice further, 0 at the last or not at all.
    """
    score = 0.0
    for x in range(window.shape[0]):
        for y in range(window.shape[1]):
            for z in range(depth):
                nearest = extra - 1
                for k in range(extra):
                    if z + k < window.shape[2] and window[x, y, z + k] >= -150:
                        nearest = k
                        break
                score += 1 - min(nearest, extra - 1) / (extra - 1)
    return score / (window.shape[0] * window.shape[1] * depth)


def test_score_equals_the_slow_rule():
    array = small_ct((10, 9, 12), seed=2)
    for start, depth in ((0, 6), (3, 6), (5, 6), (6, 6), (0, 12)):
        window = array[:, :, start : start + depth + 3]  # fewer slices where the scan ends
        tissue, matter = tissue_and_matter(array[:, :, start : start + depth + 1], depth)
        assert tissue == pytest.approx(tissue_oracle(window, depth))
        assert matter == pytest.approx((window[:, :, :depth] > -900).mean())


def test_bounds_hold_and_are_exact_on_whole_blocks():
    array = small_ct((43, 37, 29), seed=3)
    occupancy, rng = Occupancy(pack_occupancy(array), array.shape), np.random.default_rng(0)
    for _ in range(150):
        size = rng.integers(1, array.shape, endpoint=True)
        starts = rng.integers(0, np.subtract(array.shape, size) + 1, size=(1, 3))
        x, y, z = starts[0]
        window = array[x : x + size[0], y : y + size[1], z : z + size[2] + 1]
        bounds = occupancy.bounds(starts, size)
        for exact, (low, high) in zip(tissue_and_matter(window, size[2]), bounds):
            assert low[0] - 1e-12 <= exact <= high[0] + 1e-12
    (low, high), (matter_low, matter_high) = occupancy.bounds(
        np.array([[8, 16, 16], [0, 0, 0]]), np.array([16, 16, 8])
    )
    np.testing.assert_allclose(low, high)
    np.testing.assert_allclose(matter_low, matter_high)
    assert low[0] == pytest.approx(tissue_and_matter(array[8:24, 16:32, 16:25], 8)[0])


def test_estimates_are_exact_where_blocks_are_uniform_and_at_their_edges():
    blocks = small_ct((6, 5, 4), seed=1).clip(-1000, -950)
    blocks[1::2] = 40
    array = blocks.repeat(8, 0).repeat(8, 1).repeat(8, 2)[:43, :37, :29]  # the last ones are cut
    occupancy, rng = Occupancy(pack_occupancy(array), array.shape), np.random.default_rng(0)
    for _ in range(50):
        size = rng.integers(1, array.shape, endpoint=True)
        starts = rng.integers(0, np.subtract(array.shape, size) + 1, size=(1, 3))
        x, y, z = starts[0]
        window = array[x : x + size[0], y : y + size[1], z : z + size[2]]
        tissue, matter = occupancy.estimate(starts, size)
        assert tissue[0] == pytest.approx((window >= -150).mean(), abs=1e-9)
        assert matter[0] == pytest.approx((window > -900).mean(), abs=1e-9)
