"""The one way to cut a crop: where it lies, at which voxel size, and what lies beyond."""

import numpy as np
import pytest

from medssl.crops.candidate_cut import AIR_HU, check_isotropic, cut_candidate
from medssl.errors import UserError

SHAPE = (24, 20, 16)


class Scan:
    """In memory, noting the boxes that are read."""

    dtype = np.dtype(np.int16)

    def __init__(self, array, spacing_mm=(1.0, 1.0, 1.0)):
        self.array, self.shape, self.spacing_mm = array, array.shape, spacing_mm
        self.sizes = []

    def read(self, start, size):
        self.sizes.append(tuple(size))
        return self.array[tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))]


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(-1000, 1000, SHAPE).astype(np.int16)


@pytest.mark.parametrize("voxel", [(12, 10, 8), (0, 0, 0), (23.4, 19.2, 15.4), (5.5, 3.49, 7)])
def test_the_crop_is_centred_and_moved_into_the_scan(voxel, noise):
    size = (6, 5, 4)
    crop = cut_candidate(Scan(noise), np.array(voxel, float), size)
    middle = [int(np.floor(v + 0.5)) for v in voxel]
    start = [min(max(m - n // 2, 0), s - n) for m, n, s in zip(middle, size, SHAPE, strict=True)]
    box = tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))
    np.testing.assert_array_equal(crop, noise[box])


def test_a_smaller_scan_lies_in_the_middle_of_what_it_is_filled_up_with(noise):
    for fill in (AIR_HU, 7):
        crop = cut_candidate(Scan(noise), np.array([3.0, 3, 3]), (28, 24, 20), pad_hu=fill)
        np.testing.assert_array_equal(crop[2:26, 2:22, 2:18], noise)
        assert np.count_nonzero(crop != fill) == np.count_nonzero(noise != fill)


def test_voxels_of_another_size_show_the_same_millimetres():
    """A ramp keeps its slope in mm, along every axis."""
    spacing, isotropic = (0.5, 1.0, 2.0), 1.0
    grid = np.stack(np.meshgrid(*map(np.arange, (60, 40, 30)), indexing="ij"), -1) * spacing
    for axis in range(3):
        scan = Scan(np.rint(20 * grid[..., axis] - 500).astype(np.int16), spacing)
        crop = cut_candidate(scan, np.array([30.0, 20, 15]), (8, 8, 8), isotropic).astype(int)
        assert scan.sizes == [(16, 8, 4)]
        inner = crop[1:-1, 1:-1, 1:-1]
        for other in range(3):
            steps = np.diff(inner, axis=other)
            assert np.abs(steps - (20 if other == axis else 0)).max() <= 1


def test_a_box_has_the_nearest_whole_number_of_voxels_and_one_at_least():
    scan = Scan(np.full((24, 20, 16), 30, np.int16), (0.6, 3.0, 9.0))
    assert (cut_candidate(scan, np.zeros(3), (8, 8, 2), 1.0) == 30).all()
    assert scan.sizes == [(13, 3, 1)]  # of 13.3, 2.7 and 0.2


@pytest.mark.parametrize("size", [0, -1.5, float("nan"), 1000.0])
def test_a_voxel_size_that_is_none_is_refused(size):
    with pytest.raises(UserError, match=rf"isotropic_mm: {size}, expected mm from 0\.05 to 20"):
        check_isotropic(size)
    assert (check_isotropic(None), check_isotropic(0.7)) == (None, 0.7)
