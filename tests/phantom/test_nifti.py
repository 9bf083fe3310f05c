"""NIfTI: what comes back, and that equal content gives equal bytes."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from medssl.phantom.nifti import stored_order, write_nifti

ARRAY = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
AFFINE = np.array([[-0.7, 0, 0, 11.5], [0, 0.8, 0, 4.25], [0, 0, 2.5, 90], [0, 0, 0, 1]])


def test_voxels_type_places_and_units_come_back(tmp_path: Path) -> None:
    write_nifti(tmp_path / "a.nii.gz", ARRAY[::-1], AFFINE)  # a view that is not contiguous
    image = nib.load(tmp_path / "a.nii.gz")
    found = np.asanyarray(image.dataobj)
    assert found.dtype == np.uint16
    assert np.array_equal(found, ARRAY[::-1])
    for place in (image.get_sform(), image.get_qform()):
        np.testing.assert_allclose(place, AFFINE, atol=1e-6)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_bytes_depend_on_content_alone(tmp_path: Path) -> None:
    for name, array in (("a", ARRAY), ("b", ARRAY), ("c", ARRAY + 1)):
        write_nifti(tmp_path / f"{name}.nii.gz", array, AFFINE)
    a, b, c = ((tmp_path / f"{name}.nii.gz").read_bytes() for name in "abc")
    assert a == b != c
    assert int.from_bytes(a[4:8], "little") == 0  # gzip's time


def test_either_order_of_storage_says_the_same_of_every_place() -> None:
    array = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    affine[:3, 3] = 5, 6, 7
    assert stored_order(array, affine, False)[0] is array
    turned, turned_affine = stored_order(array, affine, True)
    assert nib.aff2axcodes(turned_affine) == ("L", "A", "S")
    for voxel in np.ndindex(array.shape):
        place = np.linalg.inv(turned_affine) @ affine @ [*voxel, 1.0]
        assert turned[tuple(np.rint(place[:3]).astype(int))] == array[voxel]
