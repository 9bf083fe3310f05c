"""Which raw scans there are, what their results are called, and a bad one among good ones."""

import os

import nibabel as nib
import numpy as np
import pytest
from monai.data import DataLoader

from medssl.errors import UserError
from medssl.sources import LoadScand, RawScans, find_images
from medssl.sources.raw_scans import BROKEN, REASON

from ..scans import save_nifti, small_ct
from .test_readers import save_dicom


def told(folder):
    return [{key: item[key] for key in ("image", "name")} for item in find_images(folder)]


def test_raw_images_for_inference(tmp_path):
    paths = [save_nifti(tmp_path / name, small_ct()) for name in ("b/x.nii.gz", "a.nii")]
    (tmp_path / "a.txt").write_text("x")
    expected = [
        {"image": str(paths[1]), "name": "a"},
        {"image": str(paths[0]), "name": "b/x"},
    ]
    assert told(tmp_path) == expected
    assert told(paths[0]) == [{**expected[1], "name": "x"}]
    with pytest.raises(UserError, match=r"none: no scan in it; expected \.nii"):
        find_images(tmp_path / "none")
    with pytest.raises(UserError, match=r"a\.txt: expected a file, one of \.nii"):
        find_images(tmp_path / "a.txt")


def test_every_series_of_a_folder_is_an_item_of_its_own(tmp_path):
    arrays = {f"1.2.{number}": small_ct((6, 6, 5), number) for number in (3, 4)}
    for uid, array in arrays.items():
        save_dicom(tmp_path / "p", array, np.eye(4), uid=uid)
    items = find_images(tmp_path)
    assert told(tmp_path) == [
        {"image": f"{tmp_path / 'p'}#{uid}", "name": f"p_{uid}"} for uid in ("1.2.3", "1.2.4")
    ]
    for item in items:
        found = LoadScand("image")(item)["image"]
        uid = found.meta["series"]
        assert item["image"].endswith(f"#{uid}")
        assert np.array_equal(np.sort(found.numpy().ravel()), np.sort(arrays[uid].ravel()))
    chosen = [told(f"{tmp_path / 'p'}#{uid}")[0] for uid in arrays]
    assert chosen == told(tmp_path)  # so that the second's result does not overwrite the first's
    with pytest.raises(UserError, match=r"5: no such series; put one of #1\.2\.3, #1\.2\.4 be"):
        find_images(tmp_path / "p#1.2.5")


def test_a_link_to_nothing_is_told_as_one_where_it_is_given_alone(tmp_path):
    link = tmp_path / "ct.nii"
    link.symlink_to("gone.nii")
    with pytest.raises(UserError, match=r"ct\.nii: a link to gone\.nii, which is not there"):
        LoadScand("image")(find_images(link)[0])


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bad_scan_is_named_and_the_others_come(tmp_path, workers):
    with_nan = small_ct().astype(np.float32)
    with_nan[3, 3, 3] = np.nan
    save_nifti(tmp_path / "a.nii.gz", small_ct())
    save_nifti(tmp_path / "b.nii.gz", with_nan)
    save_nifti(tmp_path / "c.nii.gz", (small_ct() + 1024).astype(np.uint16))
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 4, 3)), np.eye(4)), tmp_path / "d.nii.gz")
    save_nifti(tmp_path / "e.nii.gz", small_ct())
    (tmp_path / "e.nii.gz").write_bytes((tmp_path / "e.nii.gz").read_bytes()[:300])
    save_nifti(tmp_path / "f.nii.gz", small_ct())
    data = RawScans(find_images(tmp_path), LoadScand("image"))
    batches = list(DataLoader(data, batch_size=1, num_workers=workers))
    bad = {batch[BROKEN][0]: batch[REASON][0] for batch in batches if BROKEN in batch}
    assert [BROKEN in batch for batch in batches] == [False, True, True, True, True, False]
    assert bad["b"] == f"{tmp_path / 'b.nii.gz'}: 1 voxels are NaN or infinite"
    assert "no Hounsfield units" in bad["c"]
    assert "is not a volume" in bad["d"]
    assert bad["e"].startswith(f"{tmp_path / 'e.nii.gz'}: cannot be read")
    assert all(line.count(os.linesep) == 0 for line in bad.values())


def test_what_a_transform_says_is_put_behind_the_scan_s_name(tmp_path):
    path = save_nifti(tmp_path / "a.nii.gz", small_ct())

    def huge(_):
        raise MemoryError("no room for 37 TB")

    (item,) = RawScans(find_images(path), huge)
    assert item == {BROKEN: "a", REASON: f"{path}: not enough memory (no room for 37 TB)"}
