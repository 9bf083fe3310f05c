"""The loop of local shuffling: keys, orders of keys, windows."""

import numpy as np
import pytest

from medssl.transforms import shuffle_kernels


@pytest.mark.parametrize("volume", [1, 2, 3, 16, 17, 40, 41, 64, 500, 4096, 5000])
def test_both_sorts_of_the_loop_sort(volume):
    for word in np.arange(5, dtype=np.uint32):
        keys = np.empty((volume + 15) // 16 * 16, dtype=np.int32)
        mask = shuffle_kernels.draw_keys(keys, volume, word)
        few, many = np.empty(volume, np.uint32), np.empty(volume, np.uint32)
        shuffle_kernels.sort_few(keys, volume, few)
        shuffle_kernels.sort_many(keys, volume, mask, many)
        expected = keys[:volume].argsort()
        assert np.array_equal(few, expected)
        assert np.array_equal(many, expected)


@pytest.mark.parametrize("volume", [1, 2, 5, 64, 65])
def test_keys_hold_their_place_and_the_rest_comes_last(volume):
    keys = np.empty((volume + 15) // 16 * 16, dtype=np.int32)
    mask = shuffle_kernels.draw_keys(keys, volume, np.uint32(3))
    assert mask + 1 >= volume > (mask + 1) // 2
    assert (keys[:volume] & mask).tolist() == list(range(volume))
    assert (keys[volume:] == np.iinfo(np.int32).max).all()


def test_a_later_window_takes_from_the_image_and_writes_over_an_earlier_one():
    """Two windows of one voxel's width that share a voxel, in two channels."""
    image = np.arange(40).reshape(2, 20)
    starts, sizes = np.array([[2, 0, 0], [4, 1, 0]]), np.array([[3, 2, 1], [3, 1, 1]])
    out, alone = image.copy(), image.copy()
    words = np.array([11, 5], dtype=np.uint32)
    shuffle_kernels.shuffle_windows(image, out, np.array([10, 2, 1]), starts, sizes, words)
    last = (starts[1:], sizes[1:], words[1:])
    shuffle_kernels.shuffle_windows(image, alone, np.array([10, 2, 1]), *last)
    first, second = [4, 5, 6, 7, 8, 9], [9, 11, 13]  # voxels 2 x + y of the two windows
    assert sorted(alone[0, second]) == second
    assert (out[:, second] == alone[:, second]).all()
    assert set(out[0, first[:-1]]) < set(first)
    others = np.setdiff1d(np.arange(20), first + second)
    assert (out[:, others] == image[:, others]).all()
    assert (out[1] == out[0] + 20).all()


@pytest.mark.parametrize("axis", range(3))
def test_a_window_may_be_long_along_any_axis(axis):
    """A line is permuted alike, wherever it points to."""
    length, side, size = 5000, np.ones(3, np.int64), np.ones((1, 3), np.int64)
    side[axis] = size[0, axis] = length
    image = np.arange(length)[None]
    out, words = image.copy(), np.array([3], dtype=np.uint32)
    shuffle_kernels.shuffle_windows(image, out, side, np.zeros((1, 3), np.int64), size, words)
    keys = np.empty((length + 15) // 16 * 16, dtype=np.int32)
    shuffle_kernels.draw_keys(keys, length, words[0])
    assert (out[0] == keys[:length].argsort()).all()
