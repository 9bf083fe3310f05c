"""Crops around labelled objects: place, padding, raw pairs."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from medssl.crops import ObjectCropDataset
from medssl.crops.object_crops import place_crop
from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.store import load_datalist, write_volume

from ..scans import save_nifti, small_ct

BOXES = ([2, 2, 2], [5, 5, 4]), ([8, 7, 5], [10, 10, 9])


def labelled(shape=(14, 12, 10)):
    label = np.zeros(shape, np.uint8)
    for value, (low, high) in enumerate(BOXES, start=1):
        label[tuple(slice(a, b) for a, b in zip(low, high))] = value
    return label


@pytest.fixture
def items(tmp_path):
    """One prepared scan with two objects."""
    image, label = small_ct((14, 12, 10)), labelled()
    write_volume(tmp_path / "i.b2nd", image, np.eye(4))
    write_volume(tmp_path / "l.b2nd", label, np.eye(4))
    objects = [
        {"center": [(a + b - 1) / 2 for a, b in zip(low, high)], "bbox": [low, high]}
        for low, high in BOXES
    ]
    paths = {"image": str(tmp_path / "i.b2nd"), "label": str(tmp_path / "l.b2nd")}
    return [{**paths, "id": "scan", "objects": objects}]


def padded(array, start, size, fill):
    """What a crop must hold, voxel by voxel."""
    crop = np.full(size, fill, array.dtype)
    for index in np.ndindex(*size):
        place = tuple(int(i + s) for i, s in zip(index, start))
        if all(0 <= p < n for p, n in zip(place, array.shape)):
            crop[index] = array[place]
    return crop


@pytest.mark.parametrize("size", [(6, 6, 4), (5, 7, 3), (14, 12, 10), (20, 12, 4), (32, 31, 33)])
def test_crops_hold_their_object(items, size):
    data = ObjectCropDataset(items, size)
    assert len(data) == 2
    for index, (low, high) in enumerate(BOXES):
        sample = data[index]
        start = sample["start"].tolist()
        expected = padded(small_ct((14, 12, 10)), start, size, -1000)
        np.testing.assert_array_equal(sample["image"][0], expected)
        mask = padded(labelled(), start, size, 0) > 0
        np.testing.assert_array_equal(sample["label"][0], mask)
        assert sample["label"].dtype == torch.uint8
        assert sample["image"].dtype == torch.int16
        assert (sample["case"], sample["object"]) == ("scan", index)
        center = (np.add(low, high) - 1) / 2
        assert start == place_crop(center, size, (14, 12, 10)).tolist()
        assert (start <= center).all()
        assert (center < np.add(start, size)).all()


def test_place_is_centred_inside_and_symmetric_when_padded():
    assert place_crop(np.array([20.0, 20.5, 21]), (8, 8, 5), (40, 40, 40)).tolist() == [16, 17, 19]
    assert place_crop(np.array([1.0, 39, 20]), (8, 8, 8), (40, 40, 40)).tolist() == [0, 32, 16]
    assert place_crop(np.array([3.0, 0, 5]), (8, 9, 8), (8, 4, 3)).tolist() == [0, -2, -2]
    for n in range(1, 9):
        start = -int(place_crop(np.zeros(3), (8, 8, 8), (n, 8, 8))[0])
        assert abs(start - (8 - n - start)) <= 1


def test_jitter_is_uniform_and_a_function_of_the_key(items):
    items[0]["objects"] = [{"center": [7, 6, 5]}]
    data = ObjectCropDataset(items, (4, 4, 4), seed=3, center_jitter=(2, 1, 0))
    starts = np.stack([data[(epoch, 0)]["start"].numpy() for epoch in range(600)])
    offsets, counts = np.unique(starts - [5, 4, 3], axis=0, return_counts=True)
    assert offsets.tolist() == [[x, y, 0] for x in range(-2, 3) for y in range(-1, 2)]
    assert counts.min() > 15
    assert counts.max() < 75
    assert torch.equal(data[(5, 0)]["start"], torch.from_numpy(starts[5]))
    assert torch.equal(data[0]["start"], torch.from_numpy(starts[0]))


def test_pad_value(items):
    sample = ObjectCropDataset(items, (16, 12, 10), pad_hu=-321)[0]
    assert (sample["image"][0, 0] == -321).all()
    assert (sample["image"][0, -1] == -321).all()


def test_batch_has_cases_and_places(items):
    data = ObjectCropDataset(items, (6, 6, 4))
    batch = default_collate([data[0], data[1]])
    assert batch["case"] == ["scan", "scan"]
    assert batch["start"].shape == (2, 3)
    assert batch["object"].tolist() == [0, 1]
    assert batch["seed"].dtype == torch.int64


def test_prepared_folder(scans, tmp_path):
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}
    prepare_images(scans, tmp_path / "out", workers=1, **patterns)
    training = load_datalist(tmp_path / "out", "training", labelled=True)
    data = ObjectCropDataset(training, (8, 8, 8))
    assert len(data) == 2 * len(training)
    assert all(data[i]["label"].any() for i in range(len(data)))


def raw_pairs(folder):
    image = save_nifti(folder / "x.nii.gz", small_ct((14, 12, 10)), np.diag([-1, -1, 1, 1]))
    label = save_nifti(folder / "y.nii.gz", labelled(), np.diag([-1, -1, 1, 1]))
    return [{"image": str(image), "label": label, "note": 1}]


def test_raw_pairs_are_prepared_once(tmp_path, monkeypatch):
    pairs, cache = raw_pairs(tmp_path), tmp_path / "cache"
    data = ObjectCropDataset(pairs, (6, 6, 4), cache_dir=cache)
    assert len(data) == 2
    (item,) = data.data
    assert (item["id"], item["note"]) == ("x", 1)
    first = data[0]
    flipped = padded(small_ct((14, 12, 10))[::-1, ::-1], first["start"].tolist(), (6, 6, 4), 0)
    np.testing.assert_array_equal(first["image"][0], flipped)
    files = {path: path.stat().st_mtime_ns for path in cache.rglob("*.b2nd")}
    assert len(files) == 2
    other = tmp_path / "renamed.nii.gz"
    other.write_bytes((tmp_path / "x.nii.gz").read_bytes())
    ObjectCropDataset([*pairs, {**pairs[0]}], (6, 6, 4), cache_dir=cache)
    ObjectCropDataset([{**pairs[0], "image": str(other)}], (6, 6, 4), cache_dir=cache)
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.b2nd")} == files
    coarse = ObjectCropDataset(pairs, (6, 6, 4), cache_dir=cache, spacing=2.0)
    assert coarse.data[0]["shape"] == [8, 6, 6]
    assert len(list(cache.rglob("*.b2nd"))) == 4


def test_raw_pair_that_cannot_be_used(tmp_path):
    pairs = raw_pairs(tmp_path)
    with pytest.raises(UserError, match="cache_dir"):
        ObjectCropDataset(pairs, (6, 6, 4))
    for change, message in (
        ({"label": str(tmp_path / "none.nii.gz")}, r"none\.nii\.gz"),
        ({"image": str(pairs[0]["label"])}, "no Hounsfield units"),
    ):
        with pytest.raises(UserError, match=message):
            ObjectCropDataset([{**pairs[0], **change}], (6, 6, 4), cache_dir=tmp_path / "c")
    with pytest.raises(UserError, match="no label"):
        ObjectCropDataset([{"image": pairs[0]["image"]}], (6, 6, 4), cache_dir=tmp_path / "c")


def test_no_object_at_all(items):
    for data in ([], [{**items[0], "objects": []}], [{"image": items[0]["image"]}]):
        with pytest.raises(UserError, match="no labelled object"):
            ObjectCropDataset(data, (6, 6, 4))


@pytest.mark.parametrize("jitter", [(1, 1), (-1, 0, 0), 3])
def test_bad_jitter(items, jitter):
    with pytest.raises(UserError, match="center_jitter"):
        ObjectCropDataset(items, (6, 6, 4), center_jitter=jitter)
