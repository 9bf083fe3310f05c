"""MONAI's resampling transform with another interpolation is traced and undone as MONAI's."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import SpatialResample

from medssl.sources.along_axes import AlongAxes

OWN = np.diag([1.0, 1.0, 2.0, 1.0])


def image():
    voxels = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 10, 9, 8)))
    return MetaTensor(voxels.float(), affine=torch.from_numpy(OWN), meta={"name": "scan"})


@pytest.mark.parametrize("size", [0.8, 1.0])
def test_it_is_monais_where_nothing_becomes_coarser(size):
    wanted = torch.from_numpy(np.diag([size, size, size, 1.0])), (11, 10, 16)
    theirs, ours = SpatialResample(), AlongAxes(True)
    expected, found = (transform(image(), *wanted) for transform in (theirs, ours))
    torch.testing.assert_close(found.as_tensor(), expected.as_tensor(), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.affine, expected.affine)
    assert found.meta["name"] == "scan"
    back, expected = ours.inverse(found), theirs.inverse(expected)
    assert back.shape == (2, 10, 9, 8)
    torch.testing.assert_close(back.as_tensor(), expected.as_tensor(), atol=1e-5, rtol=0)
    torch.testing.assert_close(back.affine, expected.affine)


def test_other_modes_are_monais():
    wanted = torch.from_numpy(np.diag([2.0, 2, 2, 1])), (5, 5, 8)
    for mode in ({"mode": "nearest"}, {"padding_mode": "zeros"}):
        expected = SpatialResample(**mode)(image(), *wanted)
        assert torch.equal(AlongAxes(True, **mode)(image(), *wanted), expected)
    assert AlongAxes(True)(image(), *wanted, lazy=True).pending_operations
    blurred, sampled = AlongAxes(True)(image(), *wanted), AlongAxes(False)(image(), *wanted)
    assert blurred.std() < 0.8 * sampled.std()
