"""Values, sizes and headers that no CT has."""

import numpy as np
import pytest

from medssl.sources.plausible import check_geometry, check_header, check_hu
from medssl.sources.readers import BrokenScanError, Scan

from ..scans import small_ct


def test_padding_does_not_make_stored_values_hounsfield_units():
    stored = small_ct() + 1200
    stored[:2] = -2000
    with pytest.raises(BrokenScanError, match="no Hounsfield units"):
        check_hu(stored)
    check_hu(np.where(stored < -1100, -2000, stored - 1200))


def test_nothing_below_water_is_no_hounsfield_unit():
    values = small_ct().astype(np.int16) - small_ct().min()
    with pytest.raises(BrokenScanError, match=r"values 0 to .* are no Hounsfield units"):
        check_hu(values)
    check_hu(values - 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e39, -1e39, 1e303, -1e303])
def test_values_that_no_float32_holds_are_no_hounsfield_units(value):
    values = np.full((4, 4, 4), -500.0)
    values[1] = 100
    check_hu(values)
    values[0, 0, 0] = value
    with pytest.raises(BrokenScanError, match=r"e.(39|303).* are no Hounsfield units; mend them"):
        check_hu(values)


@pytest.mark.parametrize("size", [0.04, 21.0, 1e-3, 1e3])
def test_voxel_sizes_that_no_scanner_has(size):
    with pytest.raises(BrokenScanError, match=r"expected 0\.05 to 20 mm"):
        check_geometry(Scan(small_ct(), np.diag([1, 1, size, 1.0])))


def test_a_patient_is_not_four_metres_long():
    scan = Scan(np.zeros((4, 4, 400), np.int16), np.diag([1, 1, 10.0, 1]))
    with pytest.raises(BrokenScanError, match=r"extends over 4,000 mm"):
        check_geometry(scan)


def test_a_scan_lies_within_a_hundred_metres():
    affine = np.eye(4)
    affine[1, 3] = -100_000
    check_geometry(Scan(small_ct(), affine))
    affine[1, 3] = -1_234_567
    with pytest.raises(BrokenScanError, match="lies 1,235 m from the middle of its scanner"):
        check_geometry(Scan(small_ct(), affine))


def test_headers_are_compared_with_their_files(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(2000))
    check_header((10, 10, 10), 2, [path], packed=False)
    check_header((100, 100, 100, 1), 2, [path], packed=True)
    for shape, packed in (((10, 10, 11), False), ((200, 200, 100), True)):
        with pytest.raises(BrokenScanError, match="announces"):
            check_header(shape, 2, [path], packed)
    with pytest.raises(BrokenScanError, match="several volumes"):
        check_header((10, 10, 10, 2), 2, [path], packed=False)
