"""Bits and padding that GDCM would read without a word, and not as they are meant."""

import pydicom
import pytest

from medssl.sources.readers import BrokenScanError, find_sources, read_source
from odd_dicom import PLACES, origins, tags, write_series

FEW = origins(PLACES[10:30])


def read(folder):
    (source,) = find_sources(folder)
    return read_source(source)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"BitsStored": 17}, "17 of 16 bits are stored in 000.dcm"),
        ({"HighBit": 11}, "HighBit is not BitsStored - 1 in 000.dcm"),
        ({"BitsStored": None}, "BitsStored is missing in 000.dcm"),
    ],
)
def test_bits_that_make_no_number(tmp_path, change, words):
    write_series(tmp_path, FEW)
    for path in tmp_path.iterdir():
        image = pydicom.dcmread(path)
        tags(**change)(image, 0)
        image.save_as(path)
    with pytest.raises(BrokenScanError, match=words):
        read(tmp_path)


@pytest.mark.parametrize(
    ("signed", "stored", "written", "expected"),
    [
        (0, 60_000, 60_000, -1000.0),  # brighter than bone
        (0, 60_000, None, 58_976.0),  # not called padding
        (1, -2000, -2000, -3024.0),  # darker than air: left as it is
        (1, 30_000, 30_000, -1000.0),
        (1, -2000, 63_536, -3024.0),  # its sign confused
    ],
)
def test_padding_is_air_only_where_it_would_be_bright(tmp_path, signed, stored, written, expected):
    def pad(values):
        padded = values.copy()
        padded[0, :9] = stored
        return padded

    def call_it_padding(image, number):
        image.PixelRepresentation = signed
        if written is not None:
            image.add_new(0x00280120, "US" if written > 32767 else "SS", written)

    write_series(tmp_path, FEW, change=call_it_padding, pixels=pad)
    array = read(tmp_path).array
    assert set(array[:9, 0].ravel()) == {expected}
    assert set(array[9:, 0].ravel()) == {-1000.0}
