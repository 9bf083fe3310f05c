"""Grids in RAS order are those that MONAI's transforms give, without a voxel being moved."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Orientation, Spacing

from medssl.sources.ras import check_room, new_grid, own_grid, to_ras
from medssl.sources.scan import BrokenScanError

from ..scans import oblique_affine

SHAPE = (12, 10, 8)
TURNED = np.array([[0, 0, -2.5, 9], [0.7, 0, 0, -3], [0, -0.8, 0, 4], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("affine", [np.eye(4), oblique_affine(), TURNED])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.5, 3.0, 1.7), None])
def test_grids_are_those_of_monai(affine, spacing):
    image = MetaTensor(torch.zeros(1, *SHAPE), affine=torch.from_numpy(affine))
    expected = Orientation("RAS", labels=(("L", "R"), ("P", "A"), ("I", "S")))(image)
    shape, found = own_grid(SHAPE, affine)
    assert shape == expected.shape[1:]
    np.testing.assert_allclose(found, expected.affine.numpy(), atol=1e-9)
    assert to_ras(torch.zeros(SHAPE), affine).shape == expected.shape
    if spacing is not None:
        expected = Spacing(spacing)(expected)
    shape, found = new_grid(SHAPE, affine, spacing)
    assert shape == expected.shape[1:]
    np.testing.assert_allclose(found, expected.affine.numpy(), atol=1e-9)


def test_a_grid_costs_no_memory():
    assert (
        new_grid((100_000,) * 3, np.diag([1e-3, 1e-3, 1e-3, 1]), (1.0, 1.0, 1.0))[0] == (101,) * 3
    )


def test_more_voxels_than_any_scan_has_are_refused():
    with pytest.raises(BrokenScanError, match="it would have 125,000,000,000 voxels"):
        new_grid((500, 500, 500), np.eye(4), (0.1,) * 3)
    check_room(((500, 500, 500), np.eye(4)), (1.0, 1.0, 1.0))
