"""A scan's name without its suffix, and its files that have to be there."""

from pathlib import Path

import pytest

from medssl.sources.scan import BrokenScanError, Scan, Source, check_files

from ..scans import small_ct
from .test_readers import RAS, only, save_itk


def test_a_stem_is_a_name_without_suffix_and_a_series_keeps_its_name():
    assert Source("p.1/ct.nii.gz", Path("p.1/ct.nii.gz"), ()).stem == "p.1/ct"
    assert Source("p.nii#1.2", Path("p.nii"), (), "1.2").stem == "p.nii#1.2"


def test_a_scan_without_its_voxels_keeps_its_grid_and_no_memory():
    scan = Scan(small_ct(), RAS, "p", ct=True)
    bare = scan.without_voxels()
    assert (bare.array.shape, bare.patient, bare.ct) == (scan.array.shape, "p", True)
    assert bare.affine is scan.affine
    assert bare.array.base.nbytes == 1


def test_meta_image_without_its_voxel_file(tmp_path):
    save_itk(tmp_path / "a.mhd", small_ct(), RAS)
    (tmp_path / "a.raw").unlink()
    with pytest.raises(BrokenScanError, match=r"a\.raw is missing"):
        only(tmp_path)


def test_a_folder_or_a_file_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    there = tmp_path / "a.mhd"
    there.touch()
    check_files([there])
    with pytest.raises(BrokenScanError, match=f"voxel file {tmp_path.name} is missing"):
        check_files([there, tmp_path])
    link = tmp_path / "link.nii"
    link.symlink_to("gone.nii")
    with pytest.raises(BrokenScanError, match=r"^link.nii: a link to gone.nii, which is not there"):
        check_files([there, link])

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BrokenScanError, match=r"^a\.mhd: cannot be opened \(Permission denied\)$"):
        check_files([there])
