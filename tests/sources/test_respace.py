"""Resampling beside strings."""

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.transforms import Compose, EnsureChannelFirstd, Invertd, LoadImaged, Spacingd

from medssl.sources import Respaced


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.nii.gz"
    values = np.random.default_rng(0).normal(size=(12, 10, 8)).astype(np.float32)
    nib.save(nib.Nifti1Image(values, np.diag([2.0, 2.0, 3.0, 1.0])), path)
    return str(path)


def chain(transform):
    given = {"keys": "image", "pixdim": [3.0] * 3, "mode": "bilinear"}
    return Compose([LoadImaged("image"), EnsureChannelFirstd("image"), transform(**given)])


def test_it_is_spacingd_and_leaves_strings_alone(scan):
    expected = chain(Spacingd)({"image": scan})["image"]
    found = chain(Respaced)({"image": scan, "image_path": scan})
    assert torch.equal(found["image"], expected)
    assert torch.equal(found["image"].affine, expected.affine)
    assert found["image_path"] == scan


def test_it_can_be_undone(scan):
    transform = chain(Respaced)
    data = transform({"image": scan, "image_path": scan})
    data["pred"] = data["image"]
    back = Invertd(keys="pred", transform=transform, orig_keys="image")(data)["pred"]
    assert back.shape == (1, 12, 10, 8)


def test_what_it_is_for(scan):
    """Once MONAI's own transform takes strings, this one can go."""
    with pytest.raises(RuntimeError, match="Spacingd"):
        chain(Spacingd)({"image": scan, "image_path": scan})
