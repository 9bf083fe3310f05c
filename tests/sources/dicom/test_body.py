"""Pixels that are cut off are refused, and more of them than needed do no harm."""

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG2MPML,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from medssl.sources.dicom.body import check_body
from medssl.sources.readers import BrokenScanError, find_sources, read_source
from odd_dicom import PLACES, origins, write_series

from .codecs import CODECS, JPEG_LS, body, decoded, picture, write

FEW = origins(PLACES[10:30])


def read(folder):
    (source,) = find_sources(folder)
    return read_source(source)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_body_that_is_cut_off_is_refused(codec, share, tmp_path):
    """GDCM takes half an uncompressed body, and half a JPEG, and makes the rest up."""
    syntax, content = body(codec, tmp_path)
    write(tmp_path / "slice.dcm", 0, syntax, content[: int(len(content) * share) // 2 * 2])
    values, reason = decoded(tmp_path / "slice.dcm")
    assert values is None
    assert reason.startswith("cannot be read: ")
    assert "slice.dcm" in reason


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("padding", [b"\0\0", b"\xff\xff"])
def test_padding_behind_the_pixels_does_not_matter(codec, padding, tmp_path):
    syntax, content = body(codec, tmp_path)
    write(tmp_path / "slice.dcm", 0, syntax, content + padding[len(content) % 2 :])
    values, _ = decoded(tmp_path / "slice.dcm")
    np.testing.assert_array_equal(values, picture().T[..., None] - 2024.0)


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_fewer_bytes_than_the_header_announces_are_refused(tmp_path, syntax, bare):
    write_series(tmp_path, FEW, syntax=syntax, bare=bare and syntax != ExplicitVRBigEndian)
    whole = read(tmp_path)
    assert whole.array.shape == (72, 72, 20)
    image = pydicom.dcmread(tmp_path / "007.dcm", force=True)
    length = len(image.PixelData)
    image.PixelData = image.PixelData[:-2]
    image.save_as(tmp_path / "007.dcm", enforce_file_format=False)
    with pytest.raises(BrokenScanError, match=f"007.dcm holds {length - 2:,} bytes of pixels"):
        read(tmp_path)


def test_more_bytes_than_needed_do_no_harm(tmp_path):
    write_series(tmp_path, FEW)
    whole = read(tmp_path).array
    image = pydicom.dcmread(tmp_path / "007.dcm")
    image.PixelData = image.PixelData + bytes(2)
    image.save_as(tmp_path / "007.dcm")
    np.testing.assert_array_equal(read(tmp_path).array, whole)


def test_every_frame_has_an_end_mark_of_its_own_but_not_those_of_a_film(tmp_path):
    path = tmp_path / "slice.dcm"
    write(path, 0, JPEGLSLossless, JPEG_LS)
    image = pydicom.dcmread(path)
    image.NumberOfFrames = 2
    for last, syntax in ((JPEG_LS, JPEGLSLossless), (JPEG_LS[:-2], MPEG2MPML)):
        image.PixelData = encapsulate([JPEG_LS, last])
        image.file_meta.TransferSyntaxUID = syntax
        image.save_as(path)
        check_body(path)
    image.file_meta.TransferSyntaxUID = JPEGLSLossless
    image.save_as(path)
    with pytest.raises(BrokenScanError, match=r"pixels of slice\.dcm end before their end mark"):
        check_body(path)


def test_an_element_that_announces_more_than_the_file_has_is_not_given_to_gdcm(tmp_path):
    """GDCM took three gigabytes for it."""
    write_series(tmp_path, FEW)
    path = tmp_path / "006.dcm"
    path.write_bytes(
        path.read_bytes() + b"\xe7\x7f\x10\x00OB\0\0" + (3 << 30).to_bytes(4, "little")
    )
    with pytest.raises(BrokenScanError, match=r"006.dcm ends within .*0 of 3,221,225,472 bytes"):
        read(tmp_path)


def test_a_damaged_header_is_named_by_its_file(tmp_path):
    write_series(tmp_path, FEW)
    path = tmp_path / "004.dcm"
    path.write_bytes(path.read_bytes().replace(b"1.0 ", b"1.x ", 1).replace(b"\\2.0", b"\\2.x", 1))
    with pytest.raises(BrokenScanError, match=r"the header of 004.dcm is damaged"):
        read(tmp_path)
