"""The crop that is chosen is the one that reading all of them would choose."""

import numpy as np
import pytest

from medssl.crops.chooser import CropChooser
from medssl.store import StoredVolume, write_volume
from medssl.store.occupancy import pack_occupancy, tissue_and_matter

from ..scans import small_ct


@pytest.fixture
def store(tmp_path):
    """Write a volume with its summary and open it."""

    def write(array, name="a"):
        path = tmp_path / f"{name}.b2nd"
        write_volume(path, array, np.eye(4), {"occupancy": pack_occupancy(array)})
        return StoredVolume(path)

    return write


def test_the_chosen_crop_is_the_first_that_passes(store):
    """Screening by bounds must not change any decision of the exact rule."""
    array = small_ct((40, 36, 30), seed=4)
    volume, rng = store(array), np.random.default_rng(0)
    chooser = CropChooser([], [], "any", tissue_limit=0.3, matter_limit=0.7)
    passed = 0
    for _ in range(60):
        starts = rng.integers(0, [25, 23, 21], size=(30, 3))
        verdicts = [
            tissue_and_matter(array[x : x + 16, y : y + 14, z : z + 11], 10) for x, y, z in starts
        ]
        good = [i for i, (tissue, matter) in enumerate(verdicts) if tissue <= 0.3 and matter >= 0.7]
        start, crop = chooser.choose(volume, starts, (16, 14, 10))
        x, y, z = start
        np.testing.assert_array_equal(crop, array[x : x + 16, y : y + 14, z : z + 10])
        if good:
            assert tuple(start) == tuple(starts[good[0]])
            passed += 1
    assert 10 < passed < 60


def test_a_place_alone_is_that_of_the_crop(store):
    volume = store(small_ct((40, 36, 30), seed=4))
    starts = np.random.default_rng(0).integers(0, [25, 23, 21], size=(30, 3))
    for limits in ((0.3, 0.7), (1.0, 0.0)):
        chooser = CropChooser([], [], "any", *limits)
        found = chooser.choose_start(volume, starts, (16, 14, 10))
        assert np.array_equal(found, chooser.choose(volume, starts, (16, 14, 10))[0])


def test_nothing_is_read_where_any_place_will_do(store, monkeypatch):
    volume = store(small_ct((20, 18, 16)))
    monkeypatch.setattr(volume, "read", None)
    starts = np.array([[3, 2, 1], [0, 0, 0]])
    chooser = CropChooser([], [], "any")
    assert tuple(chooser.choose_start(volume, starts, (8, 8, 8))) == (3, 2, 1)


def test_no_more_than_32_scans_are_looked_at_and_they_are_spread(tmp_path):
    for count, step in ((1, 1), (32, 1), (33, 2), (90, 3)):
        data = [{"image": tmp_path / f"{number}.b2nd"} for number in range(count)]
        seen = CropChooser(data, [(8, 8, 8)]).looked_at()
        assert [int(volume.path.stem) for volume in seen] == list(range(0, count, step))


def test_scans_smaller_than_all_sizes_accept_nothing(store):
    volume = store(small_ct((8, 8, 8)))
    assert CropChooser([], [(16, 8, 8)], "body").acceptance_of(volume) == 0
    assert CropChooser([], [(8, 8, 8)], "any").acceptance_of(volume) == 1
