"""Linear interpolation off the axes is SciPy's, however the scan lies in memory."""

import itertools

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from medssl.sources.between_axes import slabs_between

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("memory", itertools.permutations(range(3)))
def test_it_is_scipys(memory, kind):
    values = RNG.integers(0, 200, (9, 8, 7)).astype(kind)
    stored = np.ascontiguousarray(values.transpose(memory)).transpose(np.argsort(memory))
    to_source = np.eye(4)
    to_source[:3] += RNG.normal(0, 0.3, (3, 4))
    wanted = (7, 9, 5)  # more than one slab, and places beyond each face
    found = np.empty(wanted, np.float32)
    for where, slab in slabs_between(stored, to_source, wanted, depth=3):
        found[where] = slab
    places = np.einsum("ij,jxyz->ixyz", to_source[:3, :3], np.indices(wanted))
    places += to_source[:3, 3, None, None, None]
    expected = map_coordinates(values.astype(float), places, order=1, mode="nearest")
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_single_slice_is_continued():
    flat = RNG.normal(size=(4, 4, 1))
    ((_, found),) = slabs_between(flat, np.diag([1.0, 1, 3, 1]), (4, 4, 3))
    np.testing.assert_allclose(found, np.repeat(flat, 3, axis=2), atol=1e-6)
