"""Positions of a table or of a request in a loaded scan, and the box around one."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from medssl.crops.scan_positions import Positions, box_around, series_of
from medssl.errors import UserError

AFFINE = np.array([[2.0, 0, 0, -10], [0, 3.0, 0, 5], [0, 0, 1.5, -7], [0, 0, 0, 1]])


def image(name="/x/scan.nii.gz", series=""):
    meta = {"filename_or_obj": name, "series": series}
    return MetaTensor(torch.zeros(1, 10, 8, 6), affine=torch.as_tensor(AFFINE), meta=meta)


def lps(voxel):
    x, y, z, _ = AFFINE @ [*voxel, 1]
    return [-x, -y, z]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "c.csv"

    def write(*rows):
        lines = [",".join(map(str, (name, *lps(voxel)))) for name, voxel in rows]
        path.write_text("\n".join(["seriesuid,coordX,coordY,coordZ", *lines]))
        return Positions(path, "candidates")

    return write


@pytest.mark.parametrize(
    ("name", "series", "called"),
    [
        ("/x/1.2.mhd", "", ("1.2",)),
        ("/x/patient", "1.2.3", ("1.2.3", "patient")),
        ("/x/patient#1.2.3", "1.2.3", ("1.2.3", "patient")),
    ],
)
def test_a_scan_goes_by_its_series_or_its_file(name, series, called):
    assert series_of(image(name, series)) == called


def test_the_rows_of_this_scan_come_as_voxels_and_as_they_were(table):
    rows = [("scan", (1, 2, 3)), ("other", (0, 0, 0)), ("scan", (9, 7, 5))]
    name, world, voxels = table(*rows).of(image())
    assert name == "scan"
    np.testing.assert_allclose(voxels, [(1, 2, 3), (9, 7, 5)], atol=1e-9)
    np.testing.assert_allclose(world, [lps((1, 2, 3)), lps((9, 7, 5))])


def test_of_two_names_the_table_decides(table):
    assert table(("1.2.3", (1, 1, 1))).of(image("/x/p", "1.2.3"))[0] == "1.2.3"
    assert table(("p", (1, 1, 1))).of(image("/x/p", "1.2.3"))[0] == "p"


def test_given_positions_go_before_the_table(table):
    positions = table(("scan", (1, 1, 1)))
    _, world, voxels = positions.of(image(), [lps((4, 4, 4))])
    np.testing.assert_allclose(voxels, [(4, 4, 4)], atol=1e-9)
    np.testing.assert_allclose(Positions(None, "points").of(image(), lps((4, 4, 4)))[1], world)


def test_no_position_and_one_outside_are_named(table):
    with pytest.raises(UserError, match=r"candidates: none of scan in .*c\.csv"):
        table(("other", (0, 0, 0))).of(image())
    with pytest.raises(UserError, match="points: none of scan"):
        Positions(None, "points").of(image(), [])
    with pytest.raises(UserError, match="candidates: scan"):
        table(("scan", (50, 1, 1))).of(image())


def test_a_box_holds_what_it_can_of_the_scan_and_knows_where_it_lies():
    shape, size = (10, 8, 3), (4, 4, 6)
    volume = np.arange(np.prod(shape)).reshape(shape) + 1
    for center in np.ndindex(shape):
        inside, place = box_around(np.array(center, float), size, shape)
        box = np.zeros(size, int)
        box[place] = volume[inside]
        assert volume[center] in box
        assert (box > 0).sum() == 4 * 4 * 3, "as much of the scan as fits"
        planes = np.flatnonzero(box.any(axis=(0, 1)))
        assert planes.tolist() in ([1, 2, 3], [2, 3, 4]), "a small scan lies in the middle"
