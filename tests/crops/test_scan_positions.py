"""Positions of a table or of a request in a loaded scan, and the box around one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from monai.data import MetaTensor

from medssl.crops.scan_positions import Positions, box_around
from medssl.errors import UserError
from medssl.sources.scan import Source
from medssl.sources.scan_names import output_names, table_names

AFFINE = np.array([[2.0, 0, 0, -10], [0, 3.0, 0, 5], [0, 0, 1.5, -7], [0, 0, 0, 1]])


def images(*sources):
    """Loaded scans of one run, of their path below the folder /x and their series."""
    found = [Source(name, Path("/x") / name, (), series) for name, series in sources]
    results = output_names(found)
    metas = [
        {"name": name, **names}
        for name, names in zip(results, table_names(found, results), strict=True)
    ]
    affine = torch.as_tensor(AFFINE)
    return [MetaTensor(torch.zeros(1, 10, 8, 6), affine=affine, meta=meta) for meta in metas]


def image(name="scan.nii.gz", series=""):
    return images((name, series))[0]


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


def test_the_rows_of_this_scan_come_as_voxels_and_as_they_were(table):
    rows = [("scan", (1, 2, 3)), ("other", (0, 0, 0)), ("scan", (9, 7, 5))]
    name, world, voxels = table(*rows).of(image())
    assert name == "scan"
    np.testing.assert_allclose(voxels, [(1, 2, 3), (9, 7, 5)], atol=1e-9)
    np.testing.assert_allclose(world, [lps((1, 2, 3)), lps((9, 7, 5))])


def test_the_table_may_call_a_scan_by_series_path_or_file(table):
    scan = image("p/q", "1.2.3")
    for name in ("1.2.3", "p/q", "q"):
        assert table((name, (1, 1, 1))).of(scan)[0] == name


def test_scans_of_one_file_name_have_rows_of_their_own(table):
    first, second = images(("a/ct.nii.gz", ""), ("b/ct.nii.gz", ""))
    positions = table(("a/ct", (1, 2, 3)), ("b/ct.nii.gz", (4, 5, 1)))
    for scan, name, voxel in ((first, "a/ct", (1, 2, 3)), (second, "b/ct.nii.gz", (4, 5, 1))):
        called, _, voxels = positions.of(scan)
        assert called == name
        np.testing.assert_allclose(voxels, [voxel], atol=1e-9)


def test_a_row_that_may_mean_two_scans_is_refused(table):
    positions = table(("ct", (1, 2, 3)), ("a/ct", (1, 2, 3)))
    for scan, own in zip(images(("a/ct.nii", ""), ("b/ct.nii", "")), "ab", strict=True):
        with pytest.raises(UserError, match=rf"ct in .*c\.csv is the name of .* {own}/ct\.nii in"):
            positions.of(scan)


def test_one_scan_by_two_names_is_refused(table):
    with pytest.raises(UserError, match=r"calls one scan 1\.2\.3 and q; write 1\.2\.3 in all"):
        table(("q", (1, 2, 3)), ("1.2.3", (1, 1, 1))).of(image("p/q", "1.2.3"))


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
