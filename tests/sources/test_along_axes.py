"""MONAI's resampling transform with another interpolation is traced and undone as MONAI's."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import SpatialResample

from medssl.sources.along_axes import AlongAxes, channels_on

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


@pytest.mark.parametrize("size", [0.8, 3.0])
def test_undoing_is_linear_without_monais_array_of_coordinates(size, monkeypatch):
    ours = AlongAxes(True)
    there = ours(image(), torch.from_numpy(np.diag([size, size, size, 1.0])), (4, 5, 6))
    expected = SpatialResample.inverse(ours, deepcopy(there))
    monkeypatch.setattr(SpatialResample, "__call__", None)
    back = ours.inverse(deepcopy(there))
    torch.testing.assert_close(back.as_tensor(), expected.as_tensor(), atol=1e-5, rtol=0)
    torch.testing.assert_close(back.affine, expected.affine)
    assert back.applied_operations == []
    assert back.meta["name"] == "scan"


def test_a_mask_is_undone_by_the_nearest_voxel():
    ours = AlongAxes(True)
    there = ours(image(), torch.from_numpy(np.diag([2.0, 2, 2, 1])), (5, 5, 8))
    there.applied_operations[-1]["extra_info"]["mode"] = "nearest"
    assert set(ours.inverse(deepcopy(there)).unique().tolist()) <= set(there.unique().tolist())


COARSER = torch.from_numpy(np.diag([2.0, 2, 3, 1])), (5, 5, 5)


def there_and_back(device):
    ours = AlongAxes(True)
    there = ours(image().to(device), *COARSER)
    return there, ours.inverse(deepcopy(there))


def test_where_an_image_says_it_lies_makes_no_difference(monkeypatch):
    expected = there_and_back("cpu")
    monkeypatch.setattr(MetaTensor, "device", property(lambda _: torch.device("cuda")))
    for found, known in zip(there_and_back("cpu"), expected, strict=True):
        assert torch.equal(found.as_tensor(), known.as_tensor())


def test_voxels_go_to_the_cpu_and_back_to_where_they_were(monkeypatch):
    """On a device without values, which are found once they are asked for."""
    expected, away = there_and_back("cpu")[0], image().to("meta")
    monkeypatch.setattr(torch.Tensor, "cpu", lambda _: image().as_tensor())
    on = channels_on((COARSER[1], COARSER[0].numpy()), away, antialias=True)
    assert on.device.type == "meta"
    assert on.shape == expected.shape
    monkeypatch.setattr(torch.Tensor, "device", torch.device("cpu"))
    found = channels_on((COARSER[1], COARSER[0].numpy()), away, antialias=True)
    assert torch.equal(found, expected.as_tensor())


@pytest.mark.gpu
def test_on_a_gpu_it_is_what_it_is_on_the_cpu():
    for found, known in zip(there_and_back("cuda"), there_and_back("cpu"), strict=True):
        assert found.device.type == "cuda"
        assert torch.equal(found.as_tensor().cpu(), known.as_tensor())


def test_on_its_own_grid_an_image_stays_as_it_is():
    """Voxels that no interpolation gives back, on axes that are not quite perpendicular."""
    sheared = torch.from_numpy(OWN).clone()
    sheared[1, 2] = 2e-3
    given = image()
    given[0, 3, 3, 3], given[1, 2, 2, 2] = 1e30, float("inf")
    given = MetaTensor(given.as_tensor(), affine=sheared)
    ours = AlongAxes(True)
    there = ours(given, sheared, (10, 9, 8))
    assert torch.equal(there.as_tensor(), given.as_tensor())
    assert there.data_ptr() != given.data_ptr()
    assert torch.equal(ours.inverse(there).as_tensor(), given.as_tensor())


def test_other_modes_are_monais():
    wanted = torch.from_numpy(np.diag([2.0, 2, 2, 1])), (5, 5, 8)
    for mode in ({"mode": "nearest"}, {"padding_mode": "zeros"}):
        expected = SpatialResample(**mode)(image(), *wanted)
        assert torch.equal(AlongAxes(True, **mode)(image(), *wanted), expected)
    assert AlongAxes(True)(image(), *wanted, lazy=True).pending_operations
    blurred, sampled = AlongAxes(True)(image(), *wanted), AlongAxes(False)(image(), *wanted)
    assert blurred.std() < 0.8 * sampled.std()
