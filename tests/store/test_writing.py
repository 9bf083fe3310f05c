"""A volume is written whole or not at all, whatever the array looks like in memory."""

import numpy as np
import pytest

from medssl.store import StoredVolume, write_volume

AFFINE = np.diag([2.0, 1.0, 3.0, 1.0])


def random_volume(shape):
    return np.random.default_rng(0).integers(-1000, 1000, shape, dtype=np.int16)


@pytest.fixture
def stored(tmp_path):
    array = random_volume((20, 13, 17))
    write_volume(tmp_path / "a.b2nd", array, AFFINE)
    return tmp_path / "a.b2nd", array


def test_fortran_order_is_no_obstacle(tmp_path):
    array = np.asfortranarray(random_volume((9, 8, 7)))
    write_volume(tmp_path / "a.b2nd", array[::-1], AFFINE)
    np.testing.assert_array_equal(StoredVolume(tmp_path / "a.b2nd").read_all(), array[::-1])


def test_failed_write_keeps_the_old_file(stored):
    path, array = stored
    with pytest.raises(Exception, match=r".") as caught:
        write_volume(path, array[::-1], AFFINE, {"bad": object()})
    assert not isinstance(caught.value, AssertionError)
    np.testing.assert_array_equal(StoredVolume(path).read_all(), array)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.b2nd"]


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.int16), np.zeros((2, 2, 2), np.float32)])
def test_what_cannot_be_stored(tmp_path, array):
    with pytest.raises(ValueError, match="cannot store"):
        write_volume(tmp_path / "a.b2nd", array, AFFINE)
