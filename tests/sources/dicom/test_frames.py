"""A slice's header, of single files and of enhanced ones, becomes numbers or a reason."""

import re

import numpy as np
import pytest
from pydicom import Dataset

from medssl.sources.dicom.frames import read_frames
from medssl.sources.scan import BrokenScanError
from odd_dicom import PLACES, only, origins, tags, turned, write_enhanced, write_series

FEW = origins(PLACES[:3])
MR = "1.2.840.10008.5.1.4.1.1.4"


def frames_of(folder, **change):
    write_series(folder, FEW, change=tags(**change))
    return read_frames(sorted(folder.iterdir()))


@pytest.mark.parametrize("enhanced", [False, True])
def test_numbers_are_those_of_the_header_frame_by_frame(tmp_path, enhanced):
    axes, scales = turned(20.0, 10.0), ((1.0, -1024.0), (0.5, 3.0), (2.0, -7.0))
    firsts = origins(PLACES[:3], axes)
    write = write_enhanced if enhanced else write_series
    write(tmp_path / "s", firsts, axes, rescales=scales)
    files = [tmp_path / "s"] if enhanced else sorted((tmp_path / "s").iterdir())
    frames = read_frames(files)
    assert [frame.index for frame in frames] == ([0, 1, 2] if enhanced else [0, 0, 0])
    assert [frame.rescale for frame in frames] == list(scales)
    for frame, first in zip(frames, firsts, strict=True):
        np.testing.assert_allclose(frame.position, first, atol=1e-6)
        np.testing.assert_allclose(frame.orientation, axes, atol=1e-8)
        assert (frame.size, frame.pixel_mm) == ((72, 72), (2.0, 2.0))
        assert (frame.mirror, frame.padding, frame.patient) == (None, None, "P")


def test_pixels_are_measured_across_then_down_and_size_is_columns_then_rows(tmp_path):
    (frame, *_) = frames_of(tmp_path, PixelSpacing=[3, 2], Columns=10, Rows=20)
    assert (frame.pixel_mm, frame.size) == ((2.0, 3.0), (10, 20))


def test_directions_in_three_digits_are_made_perpendicular_unit_vectors(tmp_path):
    a, b = np.round([np.cos(0.3), np.sin(0.3)], 3)
    (frame, *_) = frames_of(tmp_path, ImageOrientationPatient=[a, b, 0, -b, a + 0.002, 0])
    row, column = frame.orientation
    np.testing.assert_allclose(frame.orientation @ frame.orientation.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(row, [np.cos(0.3), np.sin(0.3), 0], atol=1e-3)
    np.testing.assert_allclose(np.cross(row, column), [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SOPClassUID": MR}, "MR Image Storage, expected CT (MR and others are prepared with"),
        ({"ImagePositionPatient": None}, "ImagePositionPatient is missing in 001.dcm"),
        ({"ImagePositionPatient": [1, 2]}, "ImagePositionPatient is [1.0, 2.0] in 001.dcm"),
        ({"PixelSpacing": [0, 1]}, "PixelSpacing is [0.0, 1.0] in 001.dcm"),
        ({"RescaleSlope": 0}, "RescaleSlope is 0 in 001.dcm"),
        ({"RescaleType": "mg/ml"}, "values in MG/ML, expected HU (001.dcm)"),
        ({"ModalityLUTSequence": [Dataset()]}, "go through a look-up table, no slope (001.dcm)"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "no pair of perpendicular unit vectors"),
        ({"NumberOfFrames": 2}, "PerFrameFunctionalGroupsSequence is missing in 001.dcm"),
    ],
)
def test_the_slice_that_makes_no_sense_is_named(tmp_path, change, words):
    write_series(tmp_path, FEW, change=only([1], **change))
    with pytest.raises(BrokenScanError, match=re.escape(words)):
        read_frames(sorted(tmp_path.iterdir()))


def test_as_many_frames_are_described_as_there_are(tmp_path):
    write_enhanced(tmp_path / "a.dcm", FEW, change=tags(NumberOfFrames=4))
    with pytest.raises(BrokenScanError, match=r"does not describe the 4 frames of a\.dcm"):
        read_frames([tmp_path / "a.dcm"])
