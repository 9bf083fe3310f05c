"""Names of label values: by a user's text as by dataset.json, and into the data list."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.prepare import Prepare
from medssl.sources.label_names import label_names, read_class_names, refuse_odd
from medssl.store import class_names, classes_here

from ..scans import save_nifti, small_ct


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("liver=1,spleen=2", {"liver": 1, "spleen": 2}),
        (" left lung = 3 , background=0", {"left lung": 3, "background": 0}),
        ("whole=1+2+4,core=4 + 1,inner=4", {"whole": [1, 2, 4], "core": [1, 4], "inner": 4}),
    ],
)
def test_a_text_says_what_dataset_json_says(text, labels):
    assert read_class_names(text, "*.nii") == label_names(labels)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("liver", "'liver', expected name=value,name=value such as liver=1,spleen=2"),
        ("liver=1,", "'', expected"),
        ("=1", "'=1', expected"),
        ("liver=one", "'liver=one', expected"),
        ("liver=-1", "'liver=-1', expected"),
        ("liver=1.5", "'liver=1.5', expected"),
        ("1=2", "'1=2', expected"),
        ("liver=1,liver=2", "liver=1 and liver=2 are of one name; give each its own"),
        ("left lung=1,left_lung=2", "left lung=1 and left_lung=2 are of one name"),
        ("right=0", "'right=0': 0 is background and no class; leave it out"),
        ("left=1,whole=1+00", r"'whole=1\+00': 0 is background"),
        ("A=1,a=2", "A=1 and a=2 are of one name; give each its own"),
        ("liver=1,spleen=1", r"labels liver and spleen are both \[1\]"),
        ("a=1+2,b=2+3", "does not hold the others whole"),
        ("a=1+1", "above 0"),
        ("ignore=3", "nobody has judged"),
    ],
)
def test_what_names_nothing_is_one_line(text, message):
    with pytest.raises(UserError, match=f"^class_names: .*{message}") as caught:
        read_class_names(text, "*.nii")
    assert "\n" not in str(caught.value)


def test_names_need_label_maps():
    with pytest.raises(UserError, match=r"class_names: .* add --labels"):
        read_class_names("liver=1", None)


def prepare(folder, **options):
    for case in range(4):
        drawn = np.zeros((24, 22, 20), np.uint8)
        drawn[6:18, 6:18, 6:14], drawn[10:14, 10:14, 8:12] = 1, 3
        save_nifti(folder / f"in/case{case}/ct.nii.gz", small_ct((24, 22, 20), case))
        save_nifti(folder / f"in/case{case}/organs.nii.gz", drawn)
    patterns = {"images": "*/ct.nii.gz", "labels": "*/organs.nii.gz"}
    options = {"spacing": "native", "workers": 1, **patterns, **options}
    Prepare().images(str(folder / "in"), str(folder / "out"), **options)
    summary = json.loads((folder / "out/manifest.json").read_text())["summary"]
    return [line for line in summary["warnings"] if line.startswith("labels:")]


def test_plain_folders_have_names(tmp_path):
    assert prepare(tmp_path, class_names="left lung=1,spleen=3") == []
    assert class_names(tmp_path / "out", classes_here(tmp_path / "out")) == ["left_lung", "spleen"]
    assert prepare(tmp_path, class_names="whole=1+3,inner=3") == []
    assert classes_here(tmp_path / "out") == [[1, 3], [3]]
    assert class_names(tmp_path / "out", [[1, 3], [3]]) == ["whole", "inner"]


def test_values_without_name_and_names_without_value_are_told(tmp_path):
    (line,) = prepare(tmp_path, class_names="liver=1")
    assert line == "labels: 3 has no name; it becomes a class of its own, by its number"
    (line,) = prepare(tmp_path, class_names="liver=1,spleen=3,kidney=4")
    assert line == "labels: no scan holds 4 (kidney), so there is nothing to learn of it"
    (line,) = prepare(tmp_path, class_names="liver=1,spleen=2")
    assert line.startswith("labels: no scan holds 2 (spleen), and 3 has no name; correct")


@pytest.mark.parametrize("labels", [{"0": "background", "2": "ignore"}, {"a": 1, "ignore": 2}])
def test_what_nobody_has_judged_is_no_class_in_either_order(labels):
    with pytest.raises(UserError, match=r"x: label ignore \[2\] marks what nobody has judged"):
        refuse_odd("x", labels)
