"""Equal voxels have equal hashes, others have not; spacing is the length of the axes."""

import numpy as np
import pytest

from medssl.store.voxels import spacing_of, voxels_sha256

from ..scans import oblique_affine, small_ct

SCAN = small_ct()


@pytest.mark.parametrize(
    "same", [np.asfortranarray(SCAN), SCAN[::-1].copy()[::-1], SCAN.astype(int).astype(np.int16)]
)
def test_memory_order_is_no_difference(same):
    assert voxels_sha256(same) == voxels_sha256(SCAN)


@pytest.mark.parametrize(
    "other",
    [
        SCAN[::-1],
        SCAN + 1,
        SCAN.astype(np.uint16),
        SCAN.reshape(10, 12, 8),
        SCAN.transpose(1, 0, 2),
    ],
)
def test_values_shape_and_type_count(other):
    assert voxels_sha256(other.astype(other.dtype)) != voxels_sha256(SCAN)


def test_the_place_counts_where_it_is_given_to_a_millionth():
    affine = oblique_affine()
    known = voxels_sha256(SCAN, affine)
    assert known == voxels_sha256(SCAN, affine + 1e-8)
    assert len({known, voxels_sha256(SCAN), voxels_sha256(SCAN, affine + 1e-5)}) == 3


def test_spacing_is_that_of_the_voxels_whichever_way_they_lie():
    assert spacing_of(oblique_affine()) == (0.8, 1.3, 2.1)
    assert spacing_of(np.diag([-1, 2, -3, 1])) == (1, 2, 3)
