"""Predictions on the grid that a scan came with, beside the label map as it was drawn."""

import numpy as np
import pytest
import torch

from medssl.crops import OnOwnGridd
from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.store import load_datalist, open_volume

from ..scans import save_nifti, small_ct

SHAPE = (20, 18, 16)
# Stored left and posterior first, so that both axes turn round on the way.
AFFINE = np.diag([-1.2, -0.8, 1.5, 1.0])
SLOPE = np.array([0.011, -0.013, 0.007])


def drawn():
    label = np.zeros(SHAPE, np.uint8)
    label[2:7, 3:9, 4:11] = 1
    label[12:15, 3:9, 4:11] = 2
    label[8:10, 3:5, 4:7] = 5
    return label


@pytest.fixture
def raw(tmp_path):
    save_nifti(tmp_path / "raw" / "a" / "ct.nii.gz", small_ct(SHAPE), AFFINE)
    save_nifti(tmp_path / "raw" / "a" / "label.nii.gz", drawn(), AFFINE)
    return tmp_path / "raw"


@pytest.fixture
def items(raw, tmp_path):
    """The scan, prepared at 2 mm."""
    patterns = {"images": "*/ct.nii.gz", "labels": "*/label.nii.gz", "fractions": (1, 0, 0)}
    prepare_images(raw, tmp_path / "data", spacing=2.0, workers=1, **patterns)
    return load_datalist(tmp_path / "data", "training", labelled=True)


def ramp(shape, affine):
    """A value that grows evenly with the place in mm."""
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    return (voxels @ affine[:3, :3].T + affine[:3, 3]) @ SLOPE + 0.5


def test_a_value_stays_at_its_place_and_the_label_is_as_it_was_drawn(raw, items):
    volume = open_volume(items[0]["image"])
    pred = torch.from_numpy(ramp(volume.shape, volume.affine)).float()
    pred = torch.stack([pred, 1 - pred])
    data = {"case": "a", "pred": pred, "kept": 1}
    found = OnOwnGridd("pred", raw, items, [[2], [1, 5]])(data)
    assert found["pred"] is pred
    assert found["kept"] == 1
    flipped = np.diag([1.2, 0.8, 1.5, 1.0])
    flipped[:2, 3] = [-1.2 * (SHAPE[0] - 1), -0.8 * (SHAPE[1] - 1)]
    expected = ramp(SHAPE, flipped)
    inside = (slice(1, -1), slice(2, -2), slice(1, -1))
    for channel, wanted in zip(found["own_pred"].numpy(), (expected, 1 - expected), strict=True):
        assert channel.shape == SHAPE
        np.testing.assert_allclose(channel[inside], wanted[inside], atol=1e-4)
    classes = np.array([0, 2, 1, 0, 0, 2])[drawn()]
    np.testing.assert_array_equal(found["own_label"][0], classes[::-1, ::-1])
    assert found["own_label"].dtype == pred.dtype


def test_a_label_map_that_was_drawn_anew_or_is_gone_is_refused_by_name(raw, items):
    data = {"case": "a", "pred": torch.zeros(1, *open_volume(items[0]["image"]).shape)}
    label = raw / "a" / "label.nii.gz"
    save_nifti(label, drawn() * 2, AFFINE)
    with pytest.raises(UserError, match=r"label\.nii\.gz: not the file that was prepared"):
        OnOwnGridd("pred", raw, items)(data)
    label.unlink()
    with pytest.raises(UserError, match=r"raw_dir: no label map a/label\.nii\.gz of a in "):
        OnOwnGridd("pred", raw, items)(data)
