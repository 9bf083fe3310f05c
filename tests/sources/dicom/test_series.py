"""A series is read in order of its places, and each slice by its own scale."""

import re

import numpy as np
import pydicom
import pytest

from medssl.sources.dicom.series import read_series, read_stack
from medssl.sources.readers import BrokenScanError, find_sources, read_source
from odd_dicom import PIXEL_MM, PLACES, origins, tags, tilted, write_series


@pytest.mark.parametrize("lost", [0, 39])
def test_a_slice_lifted_off_its_scale_is_named(tmp_path, lost):
    def forget(image, number):
        if number == lost:
            image.RescaleIntercept = 0

    write_series(tmp_path, change=forget)
    with pytest.raises(BrokenScanError, match=re.escape(f"values of {lost:03d}.dcm begin at 24")):
        read_source(*find_sources(tmp_path))


def test_slices_are_sorted_by_place_and_read_in_that_order(tmp_path):
    """The series is tilted, its files are in no order, and each slice has a scale of its own."""
    axes, table = tilted(20.0)
    firsts = origins(PLACES[:12], axes, table=table)
    shuffled = firsts[np.random.default_rng(0).permutation(12)]
    scales = [(1.0, -1024.0), (0.5, -1024.0), (2.0, -2048.0)]
    write_series(tmp_path, shuffled, axes, rescales=scales, change=tags(PatientID=" P 7 "))
    scan = read_series(sorted(tmp_path.iterdir()))
    frames, affine = read_stack(sorted(tmp_path.iterdir(), reverse=True))
    np.testing.assert_array_equal(affine, scan.affine)
    assert scan.patient == "P 7"
    lps = np.diag([-1, -1, 1, 1]) @ affine
    for number, (frame, first) in enumerate(zip(frames, firsts)):
        np.testing.assert_allclose(frame.position, first, atol=1e-5)
        np.testing.assert_allclose((lps @ [0, 0, number, 1])[:3], first, atol=1e-4)
        index = np.argwhere((shuffled == first).all(axis=1)).item()
        slope, intercept = scales[index % 3]
        stored = pydicom.dcmread(tmp_path / f"{index:03d}.dcm").pixel_array.astype(float)
        np.testing.assert_allclose(scan.array[:, :, number], stored.T * slope + intercept)
    for axis, (direction, mm) in enumerate(zip(axes, PIXEL_MM)):
        np.testing.assert_allclose(lps[:3, axis], direction * mm, atol=1e-8)
