"""From files on disk to the audit: one scan is found in every form, namesakes are not."""

import json

import nibabel as nib
import numpy as np
import pytest
from tests.scans import oblique_affine, save_nifti, small_ct

from medssl.engines import start_run
from medssl.sources import prepare_images, prepare_liver
from medssl.store import load_datalist
from medssl.store.splits import SPLITS
from medssl.transfer import audit

NUMBERS = (0, 1, 100, 115)  # training twice, validation and test of the study's split


def trained_on(prepared, folder):
    """A run folder that says it was trained on all scans of a prepared folder."""
    items = [item for split in SPLITS for item in load_datalist(prepared, split)]
    run = start_run(folder, 0, items, [])
    (folder / "provenance.json").write_text(json.dumps({"run": run}))
    return folder


def prepared(folder, arrays, spacing="native", **names):
    """Prepare arrays by file name, all into every split's share."""
    for name, array in arrays.items():
        save_nifti(folder / "in" / name, array, oblique_affine())
    shares = {"fractions": (0.4, 0.3, 0.3), "workers": 1, "spacing": spacing}
    prepare_images(folder / "in", folder / "out", **shares, **names)
    return folder / "out"


def test_the_same_scans_under_other_names_are_found(tmp_path):
    scans = {n: small_ct(seed=n) for n in range(6)}
    one = prepared(tmp_path / "one", {f"volume-{n}.nii": a for n, a in scans.items()})
    floats = {f"liver_{n}.nii.gz": a.astype(np.float32) for n, a in scans.items()}
    other = prepared(tmp_path / "other", floats, spacing=2.0)
    report = audit(trained_on(one, tmp_path / "run"), other)
    assert len(report.overlaps) == report.tested > 0
    assert {found.reason for found in report.overlaps} == {"the same scan, in its training"}


def test_other_scans_of_the_same_name_are_not(tmp_path):
    named = [{f"liver_{n}.nii.gz": small_ct(seed=n + k) for n in range(6)} for k in (0, 50)]
    one, other = (prepared(tmp_path / str(k), arrays) for k, arrays in enumerate(named))
    report = audit(trained_on(one, tmp_path / "run"), other)
    assert report.overlaps == ()
    assert len(report.generations[0].namesakes) == report.tested > 0


@pytest.mark.parametrize("cut", [0, 1])
def test_lits_is_found_in_the_decathlon(tmp_path, cut):
    listing = []
    for number in NUMBERS:
        ct, label = small_ct(seed=number), np.zeros((12, 10, 8), np.uint8)
        label[2:9, 2:8, 2:7], label[4:6, 3:6, 3:5] = 1, 2
        for name, array in (("volume", ct), ("segmentation", label)):
            save_nifti(tmp_path / "lits" / f"{name}-{number}.nii", array)
        for kind, array in (("images", ct), ("labels", label)):
            path = tmp_path / "msd" / kind / f"liver_{number}.nii.gz"
            save_nifti(path, array[cut:])
        names = (("image", "images"), ("label", "labels"))
        listing.append({key: f"./{kind}/liver_{number}.nii.gz" for key, kind in names})
    (tmp_path / "msd" / "dataset.json").write_text(json.dumps({"training": listing}))
    lits, msd = (
        prepare_liver(name, tmp_path / folder, tmp_path / f"out_{folder}", spacing="native").parent
        for name, folder in (("lits", "lits"), ("msd_liver", "msd"))
    )
    (found,) = audit(trained_on(lits, tmp_path / "run"), msd).overlaps
    assert found.case == "liver_115"
    assert found.reason.startswith("the same scan, LiTS case 115" if cut else "the same scan, in")
    assert nib.load(tmp_path / "msd" / "images" / "liver_0.nii.gz").shape[0] == 12 - cut
