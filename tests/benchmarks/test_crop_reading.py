"""What others cut is what medssl reads there, or there is no figure."""

import numpy as np
import pytest

import crop_reading
from equivalence import NotEquivalentError
from medssl.sources import prepare_images

from ..scans import save_nifti, small_ct


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(crop_reading, "CROP", (8, 8, 4))
    monkeypatch.setattr(crop_reading, "CROPS", 4)
    for number in range(4):
        save_nifti(tmp_path / "in" / f"{number}.nii.gz", small_ct((16, 15, 9), number))
    prepare_images(
        tmp_path / "in", tmp_path / "out", workers=1, patients="each", fractions=(0.5, 0.25, 0.25)
    )
    return tmp_path / "out"


def test_every_way_that_is_installed_has_a_figure(data, tmp_path):
    rows = crop_reading.bench_crop_reading(data, tmp_path, rounds=1)
    assert [row["way"] for row in rows] == [
        "medssl",
        "MONAI CacheDataset",
        "MONAI PersistentDataset",
        "TorchIO Queue",
    ]
    assert all(row["crops_a_second"] > 0 for row in rows[:3])


def test_other_voxels_are_no_comparison(data):
    volume = crop_reading.StoredVolume(next((data / "volumes").glob("*.b2nd")))
    right = volume.read((1, 2, 3), (8, 8, 4))
    crop_reading.check(iter([(0, (1, 2, 3), right)]), [volume], 1)
    with pytest.raises(NotEquivalentError, match="holds other voxels"):
        crop_reading.check(iter([(0, (1, 2, 3), np.roll(right, 1))]), [volume], 1)
