"""Random crops: the tissue rule, its fast bounds, and the distribution of what is drawn."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.utils.data import DataLoader, default_collate

from medssl.crops import CropDataset
from medssl.errors import UserError
from medssl.store import write_volume
from medssl.store.occupancy import pack_occupancy, tissue_and_matter

from ..scans import small_ct

CROP = (8, 7, 5)


@pytest.fixture
def store(tmp_path):
    """Write a volume with its summary and return a data list of one item."""

    def write(array, name="a"):
        path = tmp_path / f"{name}.b2nd"
        write_volume(path, array, np.eye(4), {"occupancy": pack_occupancy(array)})
        return [{"image": str(path), "id": name}]

    return write


def ranked(shape=(14, 13, 11), seed=0):
    """Patches whose voxels all differ, so that a crop's first voxel tells its place."""
    rng = np.random.default_rng(seed)
    field = small_ct(shape, seed) + rng.random(shape)
    return (field.ravel().argsort().argsort().reshape(shape) - 1100).astype(np.int16)


def place_of(crop, array):
    (place,) = np.argwhere(array == int(crop[0, 0, 0]))
    return tuple(place.tolist())


def test_crops_are_uniform_over_the_accepted_places(store):
    array = ranked()
    data = CropDataset(store(array), CROP, 3000, tissue_limit=0.5, matter_limit=0.85)
    room = np.subtract(array.shape, CROP) + 1
    accepted = {}
    for x, y, z in np.ndindex(*room):
        window = array[x : x + CROP[0], y : y + CROP[1], z : z + CROP[2] + 1]
        tissue, matter = tissue_and_matter(window, CROP[2])
        if tissue <= 0.5 and matter >= 0.85:
            accepted[x, y, z] = 0
    assert 20 < len(accepted) < 0.7 * room.prod()
    for index in range(len(data)):
        accepted[place_of(data[index]["image"][0], array)] += 1
    assert stats.chisquare(list(accepted.values())).pvalue > 1e-3


def test_sample_is_a_function_of_seed_epoch_and_index(store):
    items = store(small_ct((20, 18, 16)), "a") + store(small_ct((20, 18, 16), 1), "b")
    data, again = CropDataset(items, CROP, 3, seed=5), CropDataset(items, CROP, 3, seed=5)
    keys = [(epoch, index) for epoch in range(2) for index in range(6)]
    samples = {key: data[key] for key in keys}
    for key in reversed(keys):
        assert torch.equal(again[key]["image"], samples[key]["image"])
        assert again[key]["seed"] == samples[key]["seed"]
    assert len({sample["seed"] for sample in samples.values()}) == len(keys)
    assert torch.equal(data[4]["image"], samples[0, 4]["image"])
    assert torch.equal(data[-1]["image"], samples[0, 5]["image"])
    assert CropDataset(items, CROP, 3, seed=6)[0]["seed"] != data[0]["seed"]


def test_every_scan_has_its_crops(store):
    arrays = [small_ct((20, 18, 16), seed=i) for i in range(3)]
    items = [store(array, str(i))[0] for i, array in enumerate(arrays)]
    data = CropDataset(items, (20, 18, 16), crops_per_scan=2, crop_rule="any")
    assert len(data) == 6
    for index in range(6):
        np.testing.assert_array_equal(data[index]["image"][0], arrays[index // 2])
    with pytest.raises(IndexError):
        data[6]


def test_batches(store):
    data = CropDataset(store(small_ct((20, 18, 16))), CROP, 4, views=2)
    batch = default_collate([data[i] for i in range(4)])
    assert batch["image"].shape == (4, 2, *CROP)
    assert batch["image"].dtype == torch.int16
    assert batch["seed"].dtype == torch.int64
    (from_workers,) = DataLoader(data, batch_size=4, num_workers=2)
    assert torch.equal(from_workers["image"], batch["image"])


def overlap(first, second):
    shared = np.prod(np.maximum(np.subtract(CROP, np.abs(np.subtract(first, second))), 0))
    return shared / (2 * np.prod(CROP) - shared)


@pytest.mark.parametrize("min_iou", [0.25, 0.6, 1.0])
def test_pairs_overlap_and_both_pass(store, min_iou):
    array = ranked()
    limits = {"tissue_limit": 0.5, "matter_limit": 0.8}
    data = CropDataset(store(array), CROP, 150, views=2, min_iou=min_iou, **limits)
    moved = 0
    for index in range(150):
        first, second = (place_of(view, array) for view in data[index]["image"])
        assert overlap(first, second) >= min_iou
        moved += first != second
        for x, y, z in (first, second):
            window = array[x : x + CROP[0], y : y + CROP[1], z : z + CROP[2] + 1]
            tissue, matter = tissue_and_matter(window, CROP[2])
            assert tissue <= 0.5
            assert matter >= 0.8
    assert (moved == 0) if min_iou == 1 else (moved > 120)


@pytest.mark.parametrize(("hu", "views"), [(40, 1), (-1000, 2)])
def test_a_scan_of_one_tissue_still_gives_crops(store, hu, views):
    array = np.full((20, 18, 16), hu, np.int16)
    array[0] += 60
    sample = CropDataset(store(array), CROP, views=views, attempts=1)[0]
    assert sample["image"].shape == (views, *CROP)


def test_without_a_passing_place_the_least_bad_is_taken(store):
    array = np.full((64, 16, 16), 40, np.int16)
    array[:8] = -800  # the only lung; no crop of 16 has more than half of it
    data = CropDataset(store(array), (16, 16, 16), 20, crop_rule="any", tissue_limit=0.15)
    assert {place_of_edge(data[i]["image"][0]) for i in range(20)} == {8}


def place_of_edge(crop):
    return int((crop[:, 0, 0] == -800).sum())


def test_air_outside_the_body_is_rejected(store):
    rng = np.random.default_rng(0)
    array = rng.normal(-1000, 25, (48, 16, 16)).astype(np.int16)
    array[24:] = rng.normal(-850, 40, (24, 16, 16)).astype(np.int16)
    lung = CropDataset(store(array), (16, 16, 16), 60, crop_rule="lung")
    anything = CropDataset(store(array), (16, 16, 16), 60, crop_rule="any")
    means = [[float(d[i]["image"].double().mean()) for i in range(60)] for d in (lung, anything)]
    assert min(means[0]) > -950
    assert min(means[1]) < -990


def test_volume_without_summary(tmp_path):
    array = small_ct((20, 18, 16))
    write_volume(tmp_path / "a.b2nd", array, np.eye(4))
    write_volume(tmp_path / "b.b2nd", array, np.eye(4), {"occupancy": pack_occupancy(array)})
    a, b = (CropDataset([{"image": str(tmp_path / f"{n}.b2nd")}], CROP, 5) for n in "ab")
    assert all(torch.equal(a[i]["image"], b[i]["image"]) for i in range(5))


def test_scan_smaller_than_the_crop(store):
    data = CropDataset(store(small_ct((20, 6, 16))), CROP)
    with pytest.raises(UserError, match=r"crop_size.*a\.b2nd"):
        data[0]


@pytest.mark.parametrize(
    "options",
    [
        {"crop_size": (8, 8)},
        {"crop_size": (8, 8, 0)},
        {"crop_size": (8, 8, 4.5)},
        {"crops_per_scan": 0},
        {"views": 3},
        {"min_iou": 0},
        {"attempts": 0},
        {"data": []},
    ],
)
def test_bad_arguments_name_themselves(options):
    with pytest.raises(UserError, match=f"^{next(iter(options))}"):
        CropDataset(**{"data": [{"image": "a.b2nd"}], "crop_size": CROP, **options})


def test_raw_file_is_refused(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"raw" * 100)
    with pytest.raises(UserError, match=r"a\.nii\.gz.*medssl prepare"):
        CropDataset([{"image": str(tmp_path / "a.nii.gz")}], CROP)[0]


def test_fixed_crops_are_the_same_in_every_epoch_but_their_seeds_are_not(store):
    data = CropDataset(store(ranked()), CROP, crops_per_scan=3, fixed_crops=True)
    first, later = data[(0, 1)], data[(7, 1)]
    assert torch.equal(first["image"], later["image"])
    assert first["seed"] != later["seed"]


def test_native_voxels_travel_with_the_crop_where_they_are_known(store):
    item = store(ranked())[0]
    assert "pitch" not in CropDataset([item], CROP)[0]
    known = {**item, "native_spacing_mm": [0.75, 0.75, 2.5], "spacing_mm": [1.5, 1.0, 1.0]}
    reader = CropDataset([known], CROP, crops_per_scan=2)
    batch = default_collate([reader[0], reader[1]])
    assert torch.allclose(batch["pitch"], torch.tensor([[0.5, 0.75, 2.5]] * 2))


def test_by_default_each_scan_gives_one_crop_of_the_first_seed(store):
    items = store(small_ct((20, 18, 16)))
    plain, asked = CropDataset(items, CROP), CropDataset(items, CROP, crops_per_scan=1, seed=0)
    assert len(plain) == 1
    assert plain[0]["seed"] == asked[0]["seed"]
