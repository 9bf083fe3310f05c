"""Sheared grids become rectangular, and nothing is invented beyond the scan."""

import numpy as np
import pytest

from medssl.sources.readers import BrokenScanError, Scan
from medssl.sources.resampling import prepare_image, prepare_label
from medssl.sources.upright import upright_spacing

from ..scans import oblique_affine

SHEARED = np.array([[2.0, 0, 0, 0], [0, 2, 0.9, 0], [0, 0, 3, 0], [0, 0, 0, 1]])


def test_upright_spacing_is_the_distance_along_the_normal():
    assert upright_spacing(oblique_affine()) is None
    assert upright_spacing(SHEARED) == pytest.approx((2, 2, 3))
    steep = SHEARED[[0, 2, 1, 3]][:, [0, 2, 1, 3]]  # the sheared axis comes second
    assert np.prod(upright_spacing(steep)) == pytest.approx(abs(np.linalg.det(steep)))


@pytest.mark.parametrize("spacing", [None, (1.0, 1.0, 1.0)])
def test_what_a_sheared_scan_does_not_cover_is_air_and_background(spacing):
    image = Scan(np.full((12, 14, 20), 50, np.int16), SHEARED)
    label = Scan(np.ones((12, 14, 20), np.uint8), SHEARED)
    volume, _ = prepare_image(image, spacing)
    mask = prepare_label(label, image, spacing)
    points = np.moveaxis(np.indices(volume.array.shape), 0, -1)
    world = points @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    inverse = np.linalg.inv(SHEARED)
    inside = world @ inverse[:3, :3].T + inverse[:3, 3]
    depth = np.minimum(inside + 0.5, np.array(image.array.shape) - 0.5 - inside).min(axis=-1)
    assert (volume.array[depth > 0.01] == 50).all()
    assert (volume.array[depth < -0.01] == -1000).all()
    assert (mask.array[depth > 0.01] == 1).all()
    assert (mask.array[depth < -0.01] == 0).all()
    assert (depth < -0.01).any()


def test_a_grid_without_shear_is_kept_as_it_is():
    array = np.random.default_rng(0).integers(-1000, 1000, (6, 5, 4)).astype(np.int16)
    volume, _ = prepare_image(Scan(array, np.diag([1, 2, 3, 1.0])), None)
    np.testing.assert_array_equal(volume.array, array)


def test_a_spacing_that_no_memory_holds_is_refused():
    scan = Scan(np.zeros((64, 64, 64), np.int16), np.diag([5.0, 5, 5, 1]))
    with pytest.raises(BrokenScanError, match="prepare it coarser"):
        prepare_image(scan, (0.1, 0.1, 0.1))
