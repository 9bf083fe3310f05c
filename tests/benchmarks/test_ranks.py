"""Steps of two ranks are counted together; a failure is a line."""

import pytest

from medssl.sources import prepare_images
from ranks import bench_ranks

from ..scans import save_nifti, small_ct

SMALL = {"base_channels": 2, "batch_size": 2, "num_workers": 0, "crop_size": [16, 16, 16]}


@pytest.fixture
def data(tmp_path):
    for number in range(4):
        save_nifti(tmp_path / "in" / f"{number}.nii.gz", small_ct((24, 24, 20), number))
    prepare_images(tmp_path / "in", tmp_path / "out", workers=1, patients="each")
    return tmp_path / "out"


def test_ranks_are_compared_with_one(data):
    one, two = bench_ranks(data, "cpu", 2, [1, 2], **SMALL, crop_rule="any")
    assert one["times_one"] == 1
    assert two["samples_a_second"] > 0
    assert two["times_one"] == pytest.approx(two["samples_a_second"] / one["samples_a_second"])


def test_what_fails_is_named(data):
    (row,) = bench_ranks(data, "cpu", 1, [1], **{**SMALL, "crop_size": [64, 64, 64]})
    assert "crop_size" in row["failed"]
    assert "samples_a_second" not in row
