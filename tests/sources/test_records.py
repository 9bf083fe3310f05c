"""What identifies a scan is what it shows, not the file it came in."""

import nibabel as nib
import numpy as np
import pytest

from medssl.sources import prepare_images
from medssl.sources.pairing import Case
from medssl.sources.readers import read_source, source_of
from medssl.sources.records import Settings, describe_image
from medssl.sources.resampling import prepare_image
from medssl.store import load_datalist, open_volume
from medssl.store.voxels import voxels_sha256
from tests.scans import oblique_affine, save_nifti, small_ct


def described(path, spacing=(1.0, 1.0, 1.0)):
    source = source_of(path)
    scan = read_source(source)
    image = prepare_image(scan, spacing)[0]
    return describe_image(Case("x", source), "", scan, image)


def test_one_scan_in_many_files_is_one_scan(tmp_path):
    hu, affine = small_ct(), oblique_affine()
    files = [save_nifti(tmp_path / "volume-1.nii", hu, affine)]
    files.append(save_nifti(tmp_path / "liver_1.nii.gz", hu.astype(np.float64), affine))
    flipped = nib.as_closest_canonical(nib.Nifti1Image(hu, affine))
    nib.save(flipped, tmp_path / "ras.nii")
    records = [described(path) for path in [*files, tmp_path / "ras.nii"]]
    assert len({record["scan_sha256"] for record in records}) == 1
    assert records[0]["voxels_sha256"] == records[1]["voxels_sha256"]
    coarser = described(files[0], (2.0, 2.0, 2.0))
    assert coarser["scan_sha256"] == records[0]["scan_sha256"]
    assert coarser["voxels_sha256"] != records[0]["voxels_sha256"]


@pytest.mark.parametrize("change", ["voxel", "shape"])
def test_another_scan_is_another(tmp_path, change):
    hu = small_ct()
    other = hu.copy() if change == "voxel" else hu[:, :, :-1]
    other[0, 0, 0] += 1
    one, two = (save_nifti(tmp_path / f"{n}.nii", a) for n, a in enumerate((hu, other)))
    assert described(one)["scan_sha256"] != described(two)["scan_sha256"]


def test_native_spacing_follows_the_axes_of_the_volume(tmp_path):
    affine = np.zeros((4, 4))
    affine[2, 0], affine[0, 1], affine[1, 2], affine[3, 3] = -3.0, 0.7, 1.1, 1
    path = save_nifti(tmp_path / "a.nii", small_ct(), affine)
    assert described(path)["native_spacing_mm"] == pytest.approx([0.7, 1.1, 3.0])


def test_the_data_list_holds_the_checksum_of_what_is_stored(scans, tmp_path):
    prepare_images(scans, tmp_path / "out", labels="*/nodules.nii.gz", images="*/ct.nii.gz")
    for item in load_datalist(tmp_path / "out", "training", labelled=True):
        for name, key in (("image", "voxels_sha256"), ("label", "label_voxels_sha256")):
            volume = open_volume(item[name])
            assert item[key] == voxels_sha256(volume.read_all(), volume.affine)


def test_settings_give_the_contract():
    assert Settings(None).contract.spacing is None
    assert Settings((1.0, 1.0, 2.0)).contract.spacing == (1.0, 1.0, 2.0)
