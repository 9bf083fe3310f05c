"""Slices of several acquisitions: blocks of one scan, or passes over the body."""

import pytest

from medssl.sources.readers import BrokenScanError, find_sources, read_source
from odd_dicom import PLACES, origins, write_series

FEW = origins(PLACES[:24])


def read(folder, acquisitions):
    def number(image, n):
        image.AcquisitionNumber = acquisitions[n]

    write_series(folder, FEW, change=number)
    (source,) = find_sources(folder)
    return read_source(source).array.shape[2]


@pytest.mark.parametrize(
    "acquisitions",
    [
        [1] * 24,
        [n // 8 for n in range(24)],
        list(range(24)),
        [3 - n // 6 for n in range(24)],
        [*[1] * 10, 2, 1, 2, 1, *[2] * 10],  # table positions that overlap
        [n // 2 * 10 for n in range(24)],
    ],
)
def test_blocks_of_acquisitions_are_one_scan(tmp_path, acquisitions):
    assert read(tmp_path, acquisitions) == 24


@pytest.mark.parametrize("acquisitions", [[1, 2] * 12, [1, 2, 3] * 8, [4, 4, 7] * 8])
def test_acquisitions_that_take_turns_are_phases(tmp_path, acquisitions):
    count = len(set(acquisitions))
    with pytest.raises(BrokenScanError, match=f"several phases.*of {count} acquisitions"):
        read(tmp_path, acquisitions)
