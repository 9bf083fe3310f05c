"""Volumes stay open between reads, and only those that the data list describes are read."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store import open_volume, write_volume
from medssl.store.open_volumes import grid_of, open_item

from ..scans import oblique_affine


def test_one_file_is_opened_once(tmp_path):
    path = str(tmp_path / "a.b2nd")
    write_volume(path, np.zeros((4, 4, 4), np.int16), np.eye(4))
    assert open_volume(path) is open_volume(path)
    assert open_item({"image": path}) is open_volume(path)


def test_a_volume_that_the_data_list_does_not_describe_is_refused(tmp_path):
    array, path = np.zeros((9, 8, 7), np.int16), str(tmp_path / "a.b2nd")
    write_volume(path, array, np.eye(4), {"voxels_sha256": "new"})
    assert open_item({"image": path, "voxels_sha256": "new"}).shape == (9, 8, 7)
    assert open_item({"image": path}).shape == (9, 8, 7)
    with pytest.raises(UserError, match="not the volume that its data list describes"):
        open_item({"image": path, "voxels_sha256": "old"})
    with pytest.raises(UserError, match="to its end"):
        open_item({"label": path, "label_voxels_sha256": "old"}, "label")


def test_where_a_volume_lies_is_known_from_its_list_and_else_from_itself(tmp_path):
    path, affine = str(tmp_path / "a.b2nd"), oblique_affine()
    item = {"image": path, "shape": [9, 8, 7], "affine": affine.tolist()}
    listed = grid_of(item)  # there is no such file yet
    write_volume(path, np.zeros((9, 8, 7), np.int16), affine)
    for shape, found in (listed, grid_of({"image": path})):
        assert tuple(shape) == (9, 8, 7)
        np.testing.assert_array_equal(found, affine)
