"""Resampling beside strings."""

import nibabel as nib
import numpy as np
import pytest
import torch
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
