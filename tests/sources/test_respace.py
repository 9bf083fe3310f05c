"""Resampling beside strings."""

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, EnsureChannelFirstd, Invertd, LoadImaged, Spacingd

from medssl.errors import UserError
from medssl.sources import Respaced


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.nii.gz"
    values = np.random.default_rng(0).normal(size=(12, 10, 8)).astype(np.float32)
    nib.save(nib.Nifti1Image(values, np.diag([2.0, 2.0, 3.0, 1.0])), path)
    return str(path)


def chain(transform, **options):
    given = {"keys": "image", "pixdim": [3.0] * 3, "mode": "bilinear", **options}
    return Compose([LoadImaged("image"), EnsureChannelFirstd("image"), transform(**given)])


def test_it_is_spacingd_and_leaves_strings_alone(scan):
    expected = chain(Spacingd)({"image": scan})["image"]
    found = chain(Respaced, antialias=False)({"image": scan, "image_path": scan})
    torch.testing.assert_close(found["image"].as_tensor(), expected.as_tensor(), atol=1e-5, rtol=0)
    assert torch.equal(found["image"].affine, expected.affine)
    assert found["image_path"] == scan


def test_it_can_be_undone(scan):
    transform = chain(Respaced)
    data = transform({"image": scan, "image_path": scan})
    data["pred"] = data["image"]
    back = Invertd(keys="pred", transform=transform, orig_keys="image")(data)["pred"]
    assert back.shape == (1, 12, 10, 8)


def test_words_of_a_command_line_are_read(scan):
    found = [chain(Respaced, antialias=each)({"image": scan})["image"] for each in (False, "false")]
    assert torch.equal(*found)
    with pytest.raises(UserError, match="antialias: 'fine', expected true or false"):
        chain(Respaced, antialias="fine")


def test_what_it_is_for(scan):
    """Once MONAI's own transform takes strings, this one can go."""
    with pytest.raises(RuntimeError, match="Spacingd"):
        chain(Spacingd)({"image": scan, "image_path": scan})


@pytest.mark.parametrize("tilt", [0.0, 9e-4, 0.2])
@pytest.mark.parametrize("pixdim", [3.0, "native"])
def test_an_image_that_says_it_is_elsewhere_is_respaced_alike(tilt, pixdim, monkeypatch):
    affine = torch.diag(torch.tensor([2.0, 2, 3, 1], dtype=torch.float64))
    affine[1, 2] = 3 * tilt
    values = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 12, 10, 8))).float()
    data = {"image": MetaTensor(values, affine=affine)}
    chain = Respaced("image", pixdim, mode="bilinear")
    expected = chain(data)["image"].as_tensor()
    if pixdim == "native" and tilt < 1e-3:
        assert torch.equal(expected, values)
    monkeypatch.setattr(MetaTensor, "device", property(lambda _: torch.device("meta")))
    found = chain(data)["image"].as_tensor()
    assert found.shape == expected.shape
    assert found.is_meta  # moved there at the end, and nothing was done there


@pytest.mark.gpu
def test_a_tilted_image_on_a_gpu():
    affine = torch.eye(4, dtype=torch.float64)
    affine[1, 2] = 0.2
    given = {"image": MetaTensor(torch.rand(1, 12, 10, 8), affine=affine)}
    chain = Respaced("image", 2.0, mode="bilinear")
    found = chain({"image": given["image"].cuda()})["image"]
    assert found.is_cuda
    assert torch.equal(found.cpu().as_tensor(), chain(given)["image"].as_tensor())
