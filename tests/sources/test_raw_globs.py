"""Raw scans for inference by patterns: a named one for each channel, or one that picks scans."""

import re

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import LoadScand, RawScans, find_images
from medssl.sources.raw_scans import BROKEN, REASON

from ..scans import save_nifti
from .test_intensity import head
from .test_readers import save_dicom

GLOBS = "flair=**/*flair.nii.gz,t1=**/*t1.nii.gz"
NAMES = ("flair", "t1")


@pytest.fixture
def folder(tmp_path):
    """Two cases of two channels and a label map."""
    for number, start in enumerate(("p7/", "p8/s2/x_")):
        save_nifti(tmp_path / f"{start}flair.nii.gz", head(seed=number))
        save_nifti(tmp_path / f"{start}t1.nii.gz", 300 - head(seed=number))
        save_nifti(tmp_path / f"{start}seg.nii.gz", (head() > 50).astype(np.uint8))
    return tmp_path


def test_a_case_has_the_channels_in_the_order_of_the_model(folder):
    items = find_images(folder, 2, GLOBS, NAMES)
    assert [item["name"] for item in items] == ["p7", "p8__s2__x"]
    for number, item in enumerate(items):
        loaded = LoadScand("image", "zscore", 2)(item)["image"].numpy()
        for values, channel in zip((head(seed=number), -head(seed=number)), loaded, strict=True):
            assert np.corrcoef(values.ravel(), channel.ravel())[0, 1] > 0.9999


def test_where_nobody_knows_the_names_the_order_given_counts(folder):
    turned = ",".join(reversed(GLOBS.split(",")))
    images = [find_images(folder, 2, globs)[0]["image"] for globs in (GLOBS, turned)]
    assert images[0] == images[1][::-1] == [f"{folder}/p7/{name}.nii.gz" for name in NAMES]


def test_a_missing_channel_is_named_and_the_others_are_done(folder):
    (folder / "p7" / "t1.nii.gz").unlink()
    bad, good = RawScans(find_images(folder, 2, GLOBS, NAMES), LoadScand("image", "percentile"))
    assert bad == {
        BROKEN: "p7",
        REASON: f"{folder}/p7/flair.nii.gz: its case p7 has no t1; or does flair "
        "('**/*flair.nii.gz') take too much?",
    }
    assert good["image"].shape == (2, 24, 22, 20)
    (folder / "p8" / "s2" / "x_flair.nii.gz").unlink()
    with pytest.raises(UserError, match="its case p7 has no t1"):
        find_images(folder, 2, GLOBS, NAMES)


@pytest.mark.parametrize(
    ("images", "channels", "names", "words"),
    [
        ("t1=*t1*,flair=*f*", 2, NAMES, "t1, flair, the model sees 2: flair, t1; give a pattern"),
        ("flair=*f*,t2=*t1*", 2, NAMES, "flair, t2, the model sees 2: flair, t1; .* flair=...,t1"),
        ("flair=*f*", 2, NAMES, "flair, the model sees 2: flair, t1"),
        (GLOBS, 1, ("CT",), "flair, t1, the model sees 1: CT"),
        (GLOBS, 3, None, r"flair, t1, the model sees 3; .* as name1=...,name2=...,name3=...$"),
    ],
)
def test_other_channels_than_those_of_the_model_are_refused(folder, images, channels, names, words):
    with pytest.raises(UserError, match=rf"^images: its channels are {words}") as caught:
        find_images(folder, channels, images, names)
    assert "\n" not in str(caught.value)


def test_a_pattern_without_name_picks_scans(folder):
    items = find_images(folder, images="**/*t1.nii.gz", names=["T1w"])
    assert [item["name"] for item in items] == ["p7/t1", "p8/s2/x_t1"]
    assert [item["image"] for item in items] == [f"{folder}/{i['name']}.nii.gz" for i in items]
    with pytest.raises(UserError, match=r"^images: nothing in .* matches '\*/t3\.nii'; expected"):
        find_images(folder, images="*/t3.nii")
    save_nifti(folder / "p9.nii.gz", np.stack([head(), head(seed=1)], -1))
    (item,) = find_images(folder, 2, "p*.nii.gz", NAMES)
    assert item["image"] == [f"{folder}/p9.nii.gz#{number}" for number in range(2)]


def test_one_named_pattern_calls_results_by_the_case(folder):
    """As preparation calls it: by the last asterisk."""
    (item,) = find_images(folder, images="T1w=p*/t1.nii.gz", names=["T1w"])
    assert (item["image"], item["name"]) == (f"{folder}/p7/t1.nii.gz", "7")


def test_channels_may_be_dicom_series(tmp_path):
    for number, name in enumerate(("T1", "T2")):
        place, values = tmp_path / "c0" / name, head(seed=number).astype(np.int16)
        save_dicom(place, values, np.eye(4), uid=f"1.2.{number}")
    (item,) = find_images(tmp_path, 2, "T1=*/T1,T2=*/T2")
    assert item["name"] == "c0"
    assert [re.sub(r".*/", "", path) for path in item["image"]] == ["T1#1.2.0", "T2#1.2.1"]
    assert LoadScand("image", "percentile", 2)(item)["image"].shape == (2, 24, 22, 20)


@pytest.mark.parametrize("images", [["*t1*", "*flair*"], [], {"t1": "*t1*"}, 5])
def test_patterns_that_are_no_text_are_refused_by_their_key(folder, images):
    with pytest.raises(UserError, match=rf"^images: {re.escape(repr(images))}, expected text: one"):
        find_images(folder, images=images)


def test_a_series_that_is_not_there_is_answered_by_those_that_are(tmp_path):
    for uid in ("1.2", "1.3"):
        save_dicom(tmp_path / uid, head().astype(np.int16), np.eye(4), uid=uid)
        for path in (tmp_path / uid).iterdir():
            (tmp_path / "ct").mkdir(exist_ok=True)
            path.rename(tmp_path / "ct" / f"{uid}{path.name}")
    with pytest.raises(UserError, match=r"'ct#1\.4'; its scans are called ct#1\.2.*, ct#1\.3"):
        find_images(tmp_path, images="ct#1.4")
