"""The grid of a scan from its header alone is that of the scan that is read."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.lidc.grids import find_series, read_grid
from medssl.sources.readers import BrokenScanError, read_source, source_of

from ...scans import save_nifti, small_ct
from ..test_readers import save_dicom, save_itk
from .outlines import grid

SHAPE = (9, 8, 5)


@pytest.mark.parametrize("slices", [1, -1])
@pytest.mark.parametrize("kind", ["dicom", "mhd"])
def test_it_is_that_of_the_voxels(tmp_path, kind, slices):
    affine = grid(slices, shape=SHAPE).affine
    if kind == "dicom":
        save_dicom(tmp_path, small_ct(SHAPE), affine, uid="1.2.3", patient="P 1")
    else:
        save_itk(tmp_path / "1.2.3.mhd", small_ct(SHAPE), affine)
    (source,) = find_series(tmp_path).values()
    scan, (found, patient) = read_source(source), read_grid(source)
    assert found.shape == scan.array.shape == SHAPE
    np.testing.assert_allclose(found.affine, scan.affine)
    assert patient == scan.patient == ("P 1" if kind == "dicom" else None)


def test_the_name_of_a_metaimage_or_the_tag_of_a_series_is_its_uid(tmp_path):
    save_dicom(tmp_path / "s", small_ct(SHAPE), grid(shape=SHAPE).affine, uid="1.2.3")
    save_itk(tmp_path / "1.2.4.mhd", small_ct(SHAPE), grid(shape=SHAPE).affine)
    save_nifti(tmp_path / "1.2.5.nii", small_ct(SHAPE))
    found = find_series(tmp_path)
    assert {uid: source.name for uid, source in found.items()} == {
        "1.2.3": "s",
        "1.2.4": "1.2.4.mhd",
    }
    with pytest.raises(UserError, match="no scan in it; expected LIDC-IDRI's DICOM series"):
        find_series(tmp_path / "none")


@pytest.mark.parametrize(("axes", "axial"), [((0, 1, 2), True), ((0, 2, 1), False)])
def test_slices_that_are_not_axial_are_refused(tmp_path, axes, axial):
    turn = np.eye(4)[[*axes, 3]]
    save_itk(tmp_path / "a.mhd", small_ct(SHAPE), turn @ grid(shape=SHAPE).affine)
    if axial:
        assert read_grid(source_of(tmp_path / "a.mhd"))[0].shape == SHAPE
        return
    with pytest.raises(BrokenScanError, match="its slices are not axial"):
        read_grid(source_of(tmp_path / "a.mhd"))
