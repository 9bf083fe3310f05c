"""Keys of samples and sizes of crops, as every data set takes them."""

import numpy as np
import pytest

from medssl.crops.keys import check_crop_size, padded_crop_size, split_key
from medssl.errors import UserError


@pytest.mark.parametrize(
    ("key", "expected"),
    [(0, (0, 0)), (4, (0, 4)), (-1, (0, 4)), ((3, 2), (3, 2)), ((3, -5), (3, 0))],
)
def test_a_plain_index_is_of_the_first_epoch(key, expected):
    assert split_key(key, 5) == expected


@pytest.mark.parametrize("key", [5, -6, (1, 5)])
def test_iteration_over_a_data_set_ends(key):
    with pytest.raises(IndexError, match="data set of 5"):
        split_key(key, 5)


def test_sizes_become_plain_whole_numbers():
    size = check_crop_size(np.array([8.0, 4.0, 1.0]))
    assert size == (8, 4, 1)
    assert {type(side) for side in size} == {int}


@pytest.mark.parametrize("size", [(8, 8), (8, 8, 8, 8), (8, 8, 0), (8, 8, -1), (8, 8, 1.5)])
def test_other_sizes_are_refused_by_the_key_that_gave_them(size):
    with pytest.raises(UserError, match=r"window_size: .*three voxel counts"):
        check_crop_size(size, "window_size")


def test_crops_that_were_nearly_all_padding_are_refused():
    """They would fill the machine's memory with air."""
    scans = [{"shape": [100, 100, 100]}, {"shape": [120, 200, 100]}, {}]
    assert padded_crop_size([480, 800, 400], scans) == (480, 800, 400)
    assert padded_crop_size([256, 256, 512], [{"shape": [4, 4, 4]}]) == (256, 256, 512)
    assert padded_crop_size([1000] * 3, [{}]) == (1000, 1000, 1000)
    with pytest.raises(UserError, match=r"crop_size: \[480, 801, 400\] .*\(\[120, 200, 100\]\)"):
        padded_crop_size([480, 801, 400], scans)
