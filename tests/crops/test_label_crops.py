"""Crops around voxels of a class: where they lie, what the labels become, bad input."""

import numpy as np
import pytest
import torch

from medssl.crops import LabelCropDataset, LabelledScans
from medssl.crops.label_crops import rates_of
from medssl.crops.label_maps import class_locations
from medssl.errors import UserError
from medssl.store import write_volume

SHAPE = (40, 30, 20)
BOTH, APART = ((1, 2),), ((1,), (2,))


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Two scans whose HU tell the place; the first shows an organ with a tumour, both an organ."""
    folder = tmp_path_factory.mktemp("scans")
    hu = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    found = []
    for number, values in enumerate(([1, 2], [1])):
        label = np.zeros(SHAPE, dtype=np.uint8)
        label[5:25, 5:20, 5:15] = 1
        if 2 in values:
            label[20:23, 10:12, 7:9] = 2
        item = {"id": f"scan{number}", "label_values": values}
        for name, array in (("image", hu), ("label", label)):
            item[name] = str(folder / f"{name}{number}.b2nd")
            write_volume(item[name], array, np.diag([1.0, 1.0, 2.0, 1.0]))
        found.append(item)
    return found


def middle(sample):
    """Class number of the voxel on which a crop of even size is centred."""
    x, y, z = (side // 2 for side in sample["label"].shape[1:])
    return int(sample["label"][0, x, y, z])


def test_crops_are_centred_on_their_class_as_often_as_asked(items):
    data = LabelCropDataset(items[:1], (4, 4, 4), APART, (0.2, 0.5), crops_per_scan=2000)
    inside = LabelCropDataset(items[:1], (4, 4, 4), APART, (0, 0), crops_per_scan=2000)
    numbers = np.bincount([middle(data[i]) for i in range(2000)], minlength=3) / 2000
    anywhere = np.bincount([middle(inside[i]) for i in range(2000)], minlength=3) / 2000
    expected = np.array([0, 0.2, 0.5]) + 0.3 * anywhere
    np.testing.assert_allclose(numbers, expected, atol=0.04)
    assert anywhere[2] < 0.01


def test_uniform_crops_reach_every_place_alike(items):
    data = LabelCropDataset(items[:1], (38, 29, 19), BOTH, (0.0,), crops_per_scan=1200)
    firsts = [int(data[i]["image"][0, 0, 0, 0]) for i in range(1200)]
    places, counts = np.unique(firsts, return_counts=True)
    assert len(places) == 3 * 2 * 2
    assert ((counts - 100) ** 2 / 100).sum() < 39  # chi-square, 11 degrees, p = 5e-5


def test_labels_become_class_numbers_and_images_fit_them(items):
    whole = LabelledScans(items, APART)[0]
    label = whole["label"][0].numpy()
    assert label.shape == whole["image"].shape[1:] == SHAPE
    assert (label == 2).sum() == 12
    assert whole["spacing_mm"].tolist() == [1.0, 1.0, 2.0]
    joined = LabelledScans(items, BOTH)[0]["label"][0].numpy()
    assert np.array_equal(joined, label > 0)
    swapped = LabelledScans(items, ((2,), (1,)))[0]["label"][0].numpy()
    assert np.array_equal(swapped, np.array([0, 2, 1])[label])
    for index in range(20):
        crop = LabelCropDataset(items[:1], (6, 6, 6), APART, (0.5, 0.5), 20)[index]
        places = np.unravel_index(crop["image"][0].numpy(), SHAPE)
        assert np.array_equal(label[places], crop["label"][0].numpy())


def test_a_small_scan_is_padded_with_air_and_background(items):
    crop = LabelCropDataset(items, (48, 16, 32), BOTH, (1.0,))[0]
    assert crop["image"].shape == (1, 48, 16, 32)
    outside = crop["image"][0] == -1000
    assert outside[:4].all()
    assert outside[:, :, :6].all()
    assert not crop["label"][0][outside].any()


def test_a_scan_without_the_class_gives_crops_from_anywhere(items):
    data = LabelCropDataset(items, (4, 4, 4), APART, (0.0, 1.0), crops_per_scan=50)
    assert {middle(data[i]) for i in range(50)} == {2}
    assert len({middle(data[i]) for i in range(50, 100)}) == 2


def test_samples_follow_from_epoch_and_index(items):
    data = LabelCropDataset(items, (8, 8, 8), crops_per_scan=3, seed=4)
    again = LabelCropDataset(items, (8, 8, 8), crops_per_scan=3, seed=4)
    assert data.classes.groups == ((1,),)
    for key in ((0, 2), (3, 5)):
        assert torch.equal(data[key]["image"], again[key]["image"])
    assert not torch.equal(data[0, 2]["image"], data[1, 2]["image"])


def test_locations_are_thinned_out_evenly(tmp_path):
    path = str(tmp_path / "label.b2nd")
    write_volume(path, np.ones((50, 50, 50), dtype=np.uint8), np.eye(4))
    places = class_locations(path, (1,))
    assert places.shape == (10_000, 3)
    assert np.abs(places.mean(0) - 24.5).max() < 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": [[3]]}, r"no scan of 2 holds label \[3\], they hold \[1, 2\]"),
        ({"classes": [[1], [1]]}, r"such as \[\[1\], \[2\]\]"),
        ({"classes": [[0, 1]]}, "label values above 0"),
        ({"classes": [[]]}, "expected for each class"),
        ({"class_rates": [0.2, 0.2]}, "expected 1 probabilities"),
        ({"class_rates": [1.5]}, "add up to 1"),
        ({"crops_per_scan": 0}, "crops_per_scan"),
        ({"crop_size": [8, 8]}, "three voxel counts"),
    ],
)
def test_bad_arguments_are_named(items, arguments, message):
    with pytest.raises(UserError, match=message) as error:
        LabelCropDataset(items, **{"crop_size": (8, 8, 8), **arguments})
    assert "\n" not in str(error.value)


def test_one_rate_is_shared_by_the_classes_that_a_scan_shows(items):
    data = LabelCropDataset(items, (4, 4, 4), APART, 0.9, crops_per_scan=1000)
    anywhere = LabelCropDataset(items[1:], (4, 4, 4), ((1,),), 0.0, crops_per_scan=1000)
    both, one, free = (
        np.bincount([middle(each[i]) for i in range(start, start + 1000)], minlength=3) / 1000
        for each, start in ((data, 0), (data, 1000), (anywhere, 0))
    )
    assert both[1:] == pytest.approx([0.45 + 0.1 * free[1], 0.45], abs=0.05)
    assert one[1:] == pytest.approx([0.9 + 0.1 * free[1], 0], abs=0.04)


def test_regions_are_told_apart_by_their_parts(items):
    regions = [[1, 2], [2]]
    whole = LabelledScans(items[:1], regions)[0]["label"]
    assert torch.equal(whole, LabelledScans(items[:1], APART)[0]["label"])
    data = LabelCropDataset(items[:1], (4, 4, 4), regions, (0.0, 1.0), crops_per_scan=20)
    assert {middle(data[i]) for i in range(20)} == {2}


def test_rates_go_to_the_classes_that_are_there():
    assert rates_of(np.array(0.6), [True, False, True]).tolist() == [0.3, 0.3, 0.6]
    assert rates_of(np.array(0.6), [False, False]).tolist() == [0, 0]
    assert rates_of(np.array([0.25, 0.5]), [True, False]).tolist() == [0.25, 0.75]
