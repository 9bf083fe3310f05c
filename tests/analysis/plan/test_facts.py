"""What a prepared folder holds: shapes, classes, volumes and values, by a loop over the sources."""

import nibabel as nib
import numpy as np
import pytest

from medssl.analysis.plan import make_plan
from medssl.analysis.plan.facts import look
from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.sources.listed_sets import prepare_listed
from medssl.store import classes_here

from ...scans import save_nifti, small_ct
from ...sources.test_listed_sets import nnunet


@pytest.fixture
def prepared(tmp_path):
    source = nnunet(tmp_path / "Dataset001_Own", "CT")
    prepare_listed("nnunet", source, tmp_path / "data", spacing="native", workers=1)
    return source, tmp_path / "data"


def test_classes_have_names_volumes_and_values(prepared):
    source, folder = prepared
    found = look(folder)
    assert found.names == ("core", "rim")
    assert found.groups == ((1,), (2,))
    assert found.shown == (found.scans, found.scans)
    drawn = np.asanyarray(nib.load(source / "labelsTr/case_000.nii.gz").dataobj)
    assert found.volumes_ml == tuple(float((drawn == v).sum() / 1000) for v in (1, 2))
    assert np.array_equal(found.shapes, [[24, 22, 20]] * found.scans)
    assert np.array_equal(found.native_mm, np.ones((found.scans, 3)))
    inside = [
        np.asanyarray(nib.load(path).dataobj)[drawn > 0]
        for path in sorted(source.glob("imagesTr/*.nii.gz"))
    ]
    assert set(found.foreground) <= set(np.concatenate(inside))
    assert len(found.foreground) == found.scans * (drawn > 0).sum()


def test_regions_have_theirs(tmp_path):
    labels = {"background": 0, "whole": [1, 2], "core": [1]}
    source = nnunet(tmp_path / "Dataset002_Regions", labels=labels)
    prepare_listed("nnunet", source, tmp_path / "data", spacing="native", workers=1)
    found = look(tmp_path / "data")
    assert found.names == ("whole", "core")
    assert found.volumes_ml[0] > found.volumes_ml[1] > 0


def test_a_class_that_no_scan_shows_has_no_volume(tmp_path):
    source = nnunet(
        tmp_path / "Dataset003_Absent", labels={"background": 0, "core": 1, "rim": 2, "x": 3}
    )
    prepare_listed("nnunet", source, tmp_path / "data", spacing="native", workers=1)
    found = look(tmp_path / "data")
    assert (found.shown[2], found.volumes_ml[2]) == (0, 0.0)
    plan = make_plan(tmp_path / "data", timed=lambda *_: 1.0)
    given = "--classes#names \"['core', 'rim']\""
    assert f"no training scan shows x, so the training leaves it out; give {given}" in str(plan)
    assert given in plan.command(tmp_path / "plan.json")
    assert classes_here(tmp_path / "data", ["core", "rim"]) == [[1], [2]]


def test_scans_without_labels_are_refused(tmp_path):
    for number in range(4):
        save_nifti(tmp_path / f"raw/{number}/ct.nii.gz", small_ct((24, 22, 20), number))
    prepare_images(tmp_path / "raw", tmp_path / "data", spacing="native", workers=1)
    with pytest.raises(UserError, match="no labelled scan in training"):
        look(tmp_path / "data")
