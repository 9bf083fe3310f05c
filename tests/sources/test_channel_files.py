"""Raw files of several channels, as inference finds them."""

import json
import re

import numpy as np
import pytest
from monai.transforms import Compose, Orientationd

from medssl.errors import UserError
from medssl.sources import LoadScand, RawScans, Respaced, find_images, prepare_listed
from medssl.sources.channel_files import group_channels
from medssl.sources.raw_scans import BROKEN, REASON
from medssl.sources.readers import find_sources
from medssl.store import StoredVolume

from ..scans import save_nifti
from .test_intensity import SHEARED, head


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


def test_one_pattern_for_two_channels_names_the_form_of_one_for_each(tmp_path):
    write(tmp_path, ["p_t1.nii.gz", "p_flair.nii.gz"])
    for pattern in ("*_t1.nii.gz", None):
        with pytest.raises(UserError, match=r"; .*: --images 'flair=\.\.\.,t1=\.\.\.'$"):
            find_images(tmp_path, 2, pattern, ("flair", "t1"))
    with pytest.raises(UserError, match=r"--images 'name1=\.\.\.,name2=\.\.\.'$"):
        find_images(tmp_path, 2, "*_t1.nii.gz")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a_0000.nii.gz"], r"a has channel\(s\) \[0\], the model sees 2 \(a_0000 to a_0001\)"),
        (["a_0001.nii.gz", "a_0002.nii.gz"], r"a has channel\(s\) \[1, 2\]"),
        (
            ["a.nii.gz"],
            r"1 channel\(s\), the model sees 2: give files named <case>_0000 to <case>_0001,",
        ),
    ],
)
def test_what_is_missing_is_named_and_the_others_are_done(tmp_path, names, words):
    (case,) = group_channels(find_sources(write(tmp_path, names)), 2)
    assert not case.paths
    assert re.search(words, case.reason)
    with pytest.raises(UserError, match=words):
        find_images(tmp_path, channels=2)
    write(tmp_path, ["whole_0000.nii.gz", "whole_0001.nii.gz"])
    found = RawScans(find_images(tmp_path, channels=2), LoadScand("image", "percentile"))
    bad, good = sorted((found[n] for n in range(2)), key=lambda item: "image" in item)
    assert good["name"] == "whole"
    assert good["image"].shape == (2, 24, 22, 20)
    assert bad[BROKEN] == "a"
    assert re.search(rf"/a.*: {words}", bad[REASON])


def test_a_damaged_file_is_a_bad_case(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"x" * 100)
    (case,) = group_channels(find_sources(tmp_path), 2)
    assert case.reason.startswith("cannot be read")


def test_no_two_cases_have_one_name(tmp_path):
    """Else one's result would overwrite the other's."""
    write(tmp_path, ["a_0000.nii.gz", "a_0001.nii.gz"])
    save_nifti(tmp_path / "a.nii.gz", np.stack([head(), head(seed=1)], -1))
    names = {item["name"] for item in find_images(tmp_path, channels=2)}
    assert names == {"a", "a_0000"}


def test_what_preparation_takes_for_one_grid_inference_does(tmp_path):
    """Rounded affines, and axes in another order."""
    values, shifted = head(), np.diag([1.0, 1, 1, 1])
    shifted[0, 3] = 0.05
    flipped = np.diag([-1.0, 1, 1, 1])
    flipped[0, 3] = 23
    others = [(values, shifted), (values[::-1].copy(), flipped)]
    for number, (other, affine) in enumerate(others):
        source, out = tmp_path / f"in{number}", tmp_path / f"out{number}"
        save_nifti(source / "imagesTr" / "a_0000.nii.gz", values)
        save_nifti(source / "imagesTr" / "a_0001.nii.gz", other, affine)
        content = {"channel_names": {"0": "T1", "1": "T2"}, "labels": {}}
        (source / "dataset.json").write_text(json.dumps(content))
        prepare_listed("nnunet", source, out, spacing="native", workers=1, fractions=(1, 0, 0))
        stored = [StoredVolume(out / "volumes" / f"a_000{n}.b2nd").read_all() for n in range(2)]
        (item,) = find_images(source, channels=2)
        image = LoadScand("image", "percentile")(item)["image"]
        np.testing.assert_allclose(image.numpy(), np.stack(stored), atol=0.75)


def test_each_channel_of_a_tilted_scan_has_its_own_value_outside(tmp_path):
    """As preparation fills the corners of each volume."""
    paths = [
        str(save_nifti(tmp_path / f"a_000{n}.nii.gz", values, SHEARED))
        for n, values in enumerate((head() + 30, 300 - head()))
    ]
    steps = [LoadScand("image", "zscore"), Orientationd("image", "RAS"), Respaced("image", 2)]
    both = Compose(steps)({"image": paths})["image"]
    for number, path in enumerate(paths):
        alone = Compose(steps)({"image": path})["image"]
        np.testing.assert_array_equal(both[number], alone[0])


def test_one_path_of_several_channels_is_a_file_of_four_axes(tmp_path):
    """As a server hands a scan over, which has not looked at the file."""
    path = save_nifti(tmp_path / "a.nii.gz", np.stack([head(), head(seed=1)], -1))
    loaded = LoadScand("image", "zscore", channels=2)({"image": str(path)})["image"]
    assert loaded.shape == (2, 24, 22, 20)
    with pytest.raises(UserError, match=r"a.nii.gz: 2 channel\(s\), the model sees 3: give files"):
        LoadScand("image", "zscore", channels=3)({"image": str(path)})


def test_channels_on_different_grids_are_refused(tmp_path):
    paths = [str(save_nifti(tmp_path / "a_0000.nii.gz", head()))]
    paths += [str(save_nifti(tmp_path / "a_0001.nii.gz", head(), np.diag([1, 1, 1.1, 1])))]
    with pytest.raises(UserError, match=r"a_0000.nii.gz and .*a_0001.nii.gz are channels on diff"):
        LoadScand("image", "percentile")({"image": paths})


def test_files_of_one_channel_are_called_by_their_case(tmp_path):
    """As nnU-Net calls its masks; a folder with other files keeps all names."""
    write(tmp_path, ["p/a_0000.nii.gz", "b_0000.nii.gz"])
    assert [item["name"] for item in find_images(tmp_path)] == ["b", "p/a"]
    write(tmp_path, ["c.nii.gz"])
    assert [item["name"] for item in find_images(tmp_path)] == ["b_0000", "c", "p/a_0000"]
