"""Patches on a grid: place, gap, jitter, and what the reader cuts."""

import numpy as np
import pytest
from scipy import stats

from medssl.crops import CropDataset, PatchGrid
from medssl.errors import UserError
from medssl.store import write_volume

GRID = {"cells": (3, 2, 2), "patch_size": (4, 3, 2), "jitter": (2, 1, 0), "gap": 1}


def second_and_last(seed):
    return (1, 11) if seed % 2 else (11, 1)


@pytest.fixture
def data(tmp_path):
    """A volume whose voxels say where they are: value = 900 x + 30 y + z - 15000."""
    x, y, z = np.indices((30, 20, 14))
    array = (900 * x + 30 * y + z - 15000).astype(np.int16)
    write_volume(tmp_path / "a.b2nd", array, np.eye(4), {})
    return [{"image": str(tmp_path / "a.b2nd")}]


def test_patches_stay_in_their_cells_and_apart():
    grid = PatchGrid(**GRID)
    assert grid.crop_size == (3 * 7 - 1, 2 * 5 - 1, 2 * 3 - 1)
    offsets = []
    for seed in range(400):
        starts = grid.starts(seed).reshape(3, 2, 2, 3)
        for axis, (size, gap) in enumerate(zip((4, 3, 2), (1, 1, 1), strict=True)):
            along = np.moveaxis(starts[..., axis], axis, 0)
            assert (along[1:].min((1, 2)) - along[:-1].max((1, 2)) >= size + gap).all()
        assert (starts >= 0).all()
        assert (starts + np.array((4, 3, 2)) <= grid.crop_size).all()
        offsets.append(starts[0, 0, 0, 0])
    assert stats.chisquare(np.bincount(offsets, minlength=3)).pvalue > 1e-3


def test_cells_are_numbered_in_row_major_order_and_chosen_by_seed():
    plain = {**GRID, "jitter": 0}
    expected = [(x, y, z) for x in (0, 5, 10) for y in (0, 4) for z in (0, 3)]
    assert PatchGrid(**plain).starts(5).tolist() == [list(start) for start in expected]
    chosen = PatchGrid(**plain, chosen=second_and_last)
    assert chosen.starts(2).tolist() == [list(expected[11]), list(expected[1])]


@pytest.mark.parametrize("matter_limit", [0, 0.2])
def test_the_reader_cuts_the_patches_of_its_crop(data, matter_limit):
    grid = PatchGrid(**GRID)
    limits = {"crop_rule": "any", "matter_limit": matter_limit}
    reader = CropDataset(data, grid.crop_size, 20, seed=3, patches=grid, **limits)
    for index in range(20):
        sample = reader[(1, index)]
        image = sample["image"].numpy().astype(int) + 15000
        assert image.shape == (12, 4, 3, 2)
        places = np.stack([image // 900, image % 900 // 30, image % 30], -1)
        corners = places[:, 0, 0, 0]
        origin = corners[0] - grid.starts(sample["seed"])[0]
        assert (corners == origin + grid.starts(sample["seed"])).all()
        inside = np.moveaxis(np.indices((4, 3, 2)), 0, -1)
        assert (places == corners[:, None, None, None] + inside).all()


def test_bad_grids(data):
    for change in ({"patch_size": (4, 3)}, {"gap": -1}, {"jitter": (1, 2)}, {"cells": (0, 1, 1)}):
        with pytest.raises(UserError, match=f"{next(iter(change))}: "):
            PatchGrid(**{**GRID, **change})
    grid = PatchGrid(**GRID)
    with pytest.raises(UserError, match=r"crop_size: \[9, 9, 9\], expected \[20, 9, 5\]"):
        CropDataset(data, (9, 9, 9), patches=grid)
    with pytest.raises(UserError, match="views"):
        CropDataset(data, grid.crop_size, views=2, patches=grid)
