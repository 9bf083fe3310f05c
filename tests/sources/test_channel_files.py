"""Raw files of several channels, as inference finds them."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import LoadScand, find_images
from medssl.sources.channel_files import group_channels
from medssl.sources.readers import find_sources

from ..scans import save_nifti
from .test_intensity import head


def write(folder, names):
    for number, name in enumerate(names):
        save_nifti(folder / name, head(seed=number))
    return folder


def test_files_are_grouped_by_case_and_ordered_by_number(tmp_path):
    write(tmp_path, ["p/a_0001.nii.gz", "p/a_0000.nii", "b_0001.nii.gz", "b_0000.nii.gz"])
    found = find_images(tmp_path, channels=2)
    assert [item["name"] for item in found] == ["b", "p/a"]
    assert [path.rsplit("/", 1)[1] for path in found[1]["image"]] == ["a_0000.nii", "a_0001.nii.gz"]


def test_a_file_of_four_axes_is_a_case(tmp_path):
    channels = [head(seed=number) for number in range(3)]
    save_nifti(tmp_path / "a.nii.gz", np.stack(channels, -1))
    (item,) = find_images(tmp_path, channels=3)
    loaded = LoadScand("image", "zscore")(item)["image"]
    assert loaded.shape == (3, 24, 22, 20)
    for number, values in enumerate(channels):
        assert np.corrcoef(loaded[number].numpy().ravel(), values.ravel())[0, 1] > 0.9999
    assert loaded.meta["name"] == "a"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a_0000.nii.gz"], r"a has channel\(s\) \[0\], the model sees 2 \(a_0000 to a_0001\)"),
        (["a_0001.nii.gz", "a_0002.nii.gz"], r"a has channel\(s\) \[1, 2\]"),
        (["a.nii.gz"], r"1 channel\(s\), the model sees 2: give files named <case>_0000"),
    ],
)
def test_what_is_missing_is_named(tmp_path, names, words):
    sources = find_sources(write(tmp_path, names))
    with pytest.raises(UserError, match=words):
        group_channels(sources, 2)


def test_channels_on_different_grids_are_refused(tmp_path):
    paths = [str(save_nifti(tmp_path / "a_0000.nii.gz", head()))]
    paths += [str(save_nifti(tmp_path / "a_0001.nii.gz", head(), np.diag([1, 1, 1.1, 1])))]
    with pytest.raises(UserError, match=r"a_0000.nii.gz and .*a_0001.nii.gz are channels on diff"):
        LoadScand("image", "percentile")({"image": paths})
