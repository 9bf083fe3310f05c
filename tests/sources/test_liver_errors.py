"""Liver data sets with something wrong: one line that says what."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store.splits import SPLITS

from ..scans import oblique_affine, save_nifti, small_ct
from .test_liver import lits, msd, numbers_of, prepare, small_label


def test_few_cases_need_a_split_by_patients(tmp_path):
    folder = lits(tmp_path / "in", range(8))
    with pytest.raises(UserError, match=r"validation and test .*--split patients") as caught:
        prepare("lits", folder, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
    listing = prepare("lits", folder, tmp_path / "out", split="patients")
    found = [numbers_of(listing, split) for split in SPLITS]
    assert all(found)
    assert sorted(number for part in found for number in part) == list(range(8))


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("labelsTr/liver_99.nii.gz", "no label for imagesTr/liver_99.nii.gz"),
        ("imagesTr/liver_99.nii.gz", "no image for labelsTr/liver_99.nii.gz"),
        ("dataset.json", "no dataset.json.*--download"),
    ],
)
def test_missing_files_of_the_decathlon(tmp_path, removed, message):
    (msd(tmp_path / "in") / removed).unlink()
    expect_one_line(tmp_path, "msd_liver", message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "expected a list 'training'"),
        ('{"training": ["imagesTr/liver_0.nii.gz"]}', "expected a list 'training'"),
        ('{"test": []}', "expected a list 'training'"),
        ('{"training": []}', "none of its 0 scans"),
        ('{"training": [{"image": "a/liver_0.nii.gz", "label": "b"}]}', "none of its 1 scans"),
    ],
)
def test_bad_dataset_json(tmp_path, text, message):
    (msd(tmp_path / "in") / "dataset.json").write_text(text)
    expect_one_line(tmp_path, "msd_liver", message)


def test_missing_and_double_files_of_lits(tmp_path):
    folder = lits(tmp_path / "in")
    twice = save_nifti(folder / "copy" / "volume-99.nii", small_ct())
    expect_one_line(tmp_path, "lits", "volume-99.* have the same number")
    twice.unlink()
    (folder / "Training Batch 2" / "segmentation-99.nii.gz").unlink()
    expect_one_line(tmp_path, "lits", "no label for Training Batch 2/volume-99.nii.gz")


def test_a_folder_without_lits_says_where_it_comes_from(tmp_path):
    (tmp_path / "in").mkdir()
    expect_one_line(tmp_path, "lits", "no volume-N.nii.*Training Batch 2.*codalab")
    expect_one_line(tmp_path, "lits", "codalab", download=True)


@pytest.mark.parametrize(
    ("label", "affine", "message"),
    [
        (small_label((12, 10, 9)), np.eye(4), r"liver_99.*label shape \(12, 10, 9\) differs"),
        (small_label(), np.diag([1, 1, 2.0, 1]), r"liver_99.*mm off its image"),
        (small_label(), oblique_affine(), "liver_99.*label"),
        (small_label() * 0.5, np.eye(4), "liver_99.*label values|liver_99.*whole numbers"),
    ],
)
def test_a_label_that_does_not_fit_its_scan(tmp_path, label, affine, message):
    folder = msd(tmp_path / "in")
    save_nifti(folder / "labelsTr" / "liver_99.nii.gz", label, affine)
    expect_one_line(tmp_path, "msd_liver", message)
    listing = prepare("msd_liver", folder, tmp_path / "out", skip_broken=True)
    assert numbers_of(listing, "training") == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "half"}, "split: 'half', expected paper or patients"),
        ({"spacing": 0}, "spacing"),
        ({"fractions": (1, 1, 1)}, "fractions"),
        ({"hu_clip": (3, 1)}, "hu_clip"),
        ({"workers": 0}, "workers"),
    ],
)
def test_bad_arguments(tmp_path, options, message):
    msd(tmp_path / "in")
    expect_one_line(tmp_path, "msd_liver", message, **options)


def expect_one_line(tmp_path, data_set, message, **options):
    with pytest.raises(UserError, match=message) as caught:
        prepare(data_set, tmp_path / "in", tmp_path / "none", **options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "none" / "datalist.json").exists()
