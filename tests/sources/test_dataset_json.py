"""The dialects of dataset.json."""

import json

import pytest

from medssl.errors import UserError
from medssl.sources.dataset_json import modality_of, read_dataset_json


def read(folder, **content):
    (folder / "dataset.json").write_text(json.dumps(content))
    return read_dataset_json(folder)


def test_both_versions_of_nnunet_say_the_same(tmp_path):
    second = read(
        tmp_path,
        channel_names={"1": "T2", "0": "T1"},
        labels={"background": 0, "edema": 1, "whole tumour": [1, 2, 3]},
        license="CC0",
    )
    first = read(
        tmp_path,
        modality={"0": "T1", "1": "T2"},
        labels={"0": "background", "1": "edema"},
        licence="CC0",
        training=[{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}, "./b.nii.gz"],
    )
    assert second.channels == first.channels == ("T1", "T2")
    names = {0: "background", 1: "edema"}
    assert first.label_names == names
    assert second.label_names == {**names, (1,): "edema", (1, 2, 3): "whole tumour"}
    assert second.licence == first.licence == "CC0"
    pair = ("imagesTr/a.nii.gz", "labelsTr/a.nii.gz")
    assert (first.training, second.training) == ((pair, ("b.nii.gz", "")), ())


@pytest.mark.parametrize(
    ("channel", "intensity"),
    [("CT", "hu"), ("ct", "hu"), ("CTA perfusion", "percentile"), ("FLAIR", "percentile")],
)
def test_only_ct_is_in_hounsfield_units(channel, intensity):
    found = modality_of((channel,))
    assert (found.channels, found.intensity) == ((channel,), intensity)
    assert modality_of((channel,), "zscore").intensity == "zscore"
    assert modality_of((channel, "PET")).intensity == "percentile"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"background": 0, "organ": 1, "ignore": 2}, "label ignore .2. marks what nobody has"),
        ({"background": 0, "a": 1, "b": 1}, r"labels a and b are both \[1\]"),
        ({"background": 0, "a": [1, 2], "b": [2, 1]}, r"labels a and b are both \[1, 2\]"),
        ({"background": 0, "a": [1, 2], "b": [2, 3]}, "does not hold the others whole"),
    ],
)
def test_labels_that_would_be_taken_for_something_else_are_refused(tmp_path, labels, message):
    with pytest.raises(UserError, match=message) as caught:
        read(tmp_path, channel_names={"0": "T1"}, labels=labels)
    assert str(tmp_path / "dataset.json") in str(caught.value)


def test_channels_of_one_name_are_refused(tmp_path):
    with pytest.raises(UserError, match="a name of its own for each"):
        read(tmp_path, channel_names={"0": "T1", "1": "T1"}, labels={"background": 0, "a": 1})


def test_other_spellings_are_understood(tmp_path):
    """Values as text, labels of null, a byte order mark."""
    content = {
        "modality": {"0": "MRI"},
        "labels": {"background": "0", "edema": "1", "all": [1, 2]},
        "training": [{"image": "a.nii.gz", "label": None}],
    }
    path = tmp_path / "dataset.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    found = read_dataset_json(tmp_path)
    assert found.label_names == {0: "background", 1: "edema", (1,): "edema", (1, 2): "all"}
    assert found.training == (("a.nii.gz", ""),)


def test_what_is_no_text_is_not_quoted(tmp_path):
    (tmp_path / "dataset.json").write_bytes(b"\x1f\x8b\xff" * 100)
    with pytest.raises(UserError, match="got no text in UTF-8; write it as") as error:
        read_dataset_json(tmp_path)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "content",
    [
        {"labels": {}},
        {"channel_names": {"0": "CT"}},
        {"channel_names": ["CT"], "labels": {}},
        {"channel_names": {"1": "CT"}, "labels": {}},
        {"channel_names": {}, "labels": {}},
        {"channel_names": {"0": "CT"}, "labels": {"0": "a"}, "training": [3]},
        {"channel_names": {"0": "CT"}, "labels": {"0": "a"}, "training": [{"label": "a.nii.gz"}]},
    ],
)
def test_what_is_no_description_is_refused_by_name(tmp_path, content):
    with pytest.raises(UserError, match=r"dataset.json: "):
        read(tmp_path, **content)
