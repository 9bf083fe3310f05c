"""Submitted labels are read by the names of their segments; here without MONAI Label."""

import importlib.util
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "apps" / "medssl_label" / "lib" / "submitted.py"
SPEC = importlib.util.spec_from_file_location("submitted", FILE)
submitted = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(submitted)

AFFINE = np.array([[-2.0, 0, 0, 5], [0, 0, 3.0, -7], [0, 4.0, 0, 1], [0, 0, 0, 1]])
CLASSES = {"whole": 2, "core": 1, "inner": 4}


@pytest.fixture
def label(tmp_path):
    values = np.random.default_rng(0).integers(0, 5, (5, 6, 7)).astype(np.uint8)
    nib.save(nib.Nifti1Image(values, AFFINE), tmp_path / "scan.nii.gz")
    (tmp_path / "new").mkdir()
    return tmp_path / "scan.nii.gz"


def segments(*names):
    return [{"name": name, "idx": number} for number, name in enumerate(names, start=1)]


def read(label, told):
    folder = label.parent / "new"
    found = submitted.as_classes(label, told, CLASSES, {*CLASSES, "nodule"}, folder)
    return found, nib.load(found)


def test_a_segment_has_the_value_of_its_class_wherever_it_stands_in_the_list(label):
    """Slicer numbers them from 1 on; another model's class is background."""
    found, image = read(label, segments("Whole", "nodule", "core", "inner"))
    before = np.asarray(nib.load(label).dataobj)
    assert found != label
    assert np.array_equal(np.asarray(image.dataobj), np.array([0, 2, 0, 1, 4])[before])
    np.testing.assert_allclose(image.affine, AFFINE, atol=1e-5)


def test_values_that_fit_and_labels_without_names_are_taken_as_they_are(label):
    assert read(label, [])[0] == label
    assert read(label, segments("core", "whole", "nodule", "inner"))[0] != label
    values = np.asarray(nib.load(label).dataobj).copy()
    values[values == 3] = 0
    nib.save(nib.Nifti1Image(values, AFFINE), label)
    assert read(label, segments("core", "whole", "empty", "inner"))[0] == label


@pytest.mark.parametrize(
    ("names", "said"),
    [(("core", "whole", "nodule", "vessel"), "vessel"), (("core", "whole", "inner"), "value 4")],
)
def test_a_segment_of_no_model_is_refused_in_one_line(names, said, label):
    with pytest.raises(ValueError, match=rf"segments {said}; expected whole, core, inner") as told:
        read(label, segments(*names))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("count", "share", "held"),
    [(2, 0.2, 1), (3, 0.2, 1), (3, 0.9, 2), (10, 0.2, 2), (4, 0.0, 1), (4, -1, 1)],
)
def test_one_scan_at_least_is_learnt_from_and_one_validated_on(count, share, held):
    learnt, validated = submitted.in_two_shares(list(range(count)), share)
    assert learnt + validated == list(range(count))
    assert len(validated) == held


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_are_told_what_is_missing(count):
    with pytest.raises(ValueError, match=rf"{count} submitted label\(s\); expected two at least"):
        submitted.in_two_shares(list(range(count)), 0.2)
