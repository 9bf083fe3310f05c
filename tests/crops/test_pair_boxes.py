"""Pairs of boxes: overlap, uniform places, several sizes, and what the reader cuts."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from scipy import stats

from medssl.crops import CropDataset
from medssl.crops.pair_boxes import fitting, largest_iou, overlapping_starts, resize
from medssl.errors import UserError
from medssl.store import StoredVolume, write_volume

# The study's sizes, a quarter of each.
SCALES = [(16, 16, 8), (24, 24, 12), (24, 24, 24), (8, 8, 4), (28, 28, 16)]
SHAPE = (40, 36, 30)


def iou(first, first_size, second, second_size):
    """Counted voxel by voxel."""
    volume = np.zeros((2, *SHAPE), bool)
    for mask, start, size in zip(volume, (first, second), (first_size, second_size)):
        mask[tuple(slice(a, a + n) for a, n in zip(start, size))] = True
    return volume.all(0).sum() / volume.any(0).sum()


@pytest.fixture
def data(tmp_path):
    """A volume whose voxels say where they are: HU = 36 * 30 * x + 30 * y + z - 20000."""
    x, y, z = np.indices(SHAPE)
    array = (1080 * x + 30 * y + z - 20000).clip(-32768, 32767).astype(np.int16)
    write_volume(tmp_path / "a.b2nd", array, np.eye(4), {})
    return [{"image": str(tmp_path / "a.b2nd")}]


def test_largest_overlap_of_two_sizes_is_found_by_trying_all_places():
    for first, second in itertools.product([(4, 3, 2), (2, 6, 5), (3, 3, 3)], repeat=2):
        best = max(
            iou((8, 8, 8), first, place, second)
            for place in itertools.product(range(2, 13), repeat=3)
        )
        assert largest_iou(first, second) == pytest.approx(best)


@pytest.mark.parametrize(
    ("start", "sizes", "min_iou"),
    [
        ((6, 4, 3), ((8, 4, 4), (8, 4, 4)), 0.25),
        ((0, 4, 26), ((8, 4, 4), (8, 4, 4)), 0.25),
        ((6, 4, 3), ((8, 4, 4), (9, 7, 4)), 0.3),
        ((33, 4, 0), ((6, 6, 8), (4, 5, 6)), 0.3),
    ],
)
def test_places_are_uniform_over_all_that_overlap_enough(start, sizes, min_iou):
    counts = {}
    for place in itertools.product(*(range(n - size + 1) for n, size in zip(SHAPE, sizes[1]))):
        far = np.abs(np.subtract(place, start)).max() > 10
        if not far and iou(start, sizes[0], place, sizes[1]) >= min_iou:
            counts[place] = 0
    assert len(counts) > 20
    rng = np.random.default_rng(0)
    for _ in range(20):
        starts = overlapping_starts(np.array(start), sizes, SHAPE, min_iou, 200, rng)
        for place in starts[:-1].tolist():
            counts[tuple(place)] += 1
    assert sum(counts.values()) > 1500
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


def test_the_last_place_has_the_largest_overlap_also_at_the_border():
    rng = np.random.default_rng(1)
    for sizes in itertools.product(SCALES, repeat=2):
        for _ in range(5):
            start = rng.integers(0, np.subtract(SHAPE, sizes[0]) + 1)
            last = overlapping_starts(start, sizes, SHAPE, 0.25, 3, rng)[-1]
            assert iou(start, sizes[0], last, sizes[1]) == pytest.approx(largest_iou(*sizes))


class Places:
    """Record the boxes a reader cuts."""

    def __init__(self, monkeypatch):
        self.boxes = []
        read = StoredVolume.read

        def recording(volume, start, size):
            self.boxes.append((tuple(start), tuple(size)))
            return read(volume, start, size)

        monkeypatch.setattr(StoredVolume, "read", recording)


def test_reader_cuts_pairs_of_all_sizes_that_overlap(data, monkeypatch):
    free = {"crop_rule": "any"}
    reader = CropDataset(data, (16, 16, 8), 400, views=2, pair_scales=SCALES, **free)
    places, pairs = Places(monkeypatch), []
    for index in range(400):
        assert reader[index]["image"].shape == (2, 16, 16, 8)
        (first, size), (second, other) = places.boxes[-2:]
        assert iou(first, size, second, other) >= 0.25
        pairs.append((SCALES.index(size), SCALES.index(other)))
    counts = np.zeros((5, 5))
    np.add.at(counts, tuple(np.transpose(pairs)), 1)
    assert stats.chisquare(counts.sum(1)).pvalue > 1e-3
    feasible = np.array([[largest_iou(a, b) >= 0.25 for b in SCALES] for a in SCALES])
    assert (counts[~feasible] == 0).all()
    assert feasible.sum() == 13
    for row, reach in zip(counts, feasible):
        if reach.sum() > 1:
            assert stats.chisquare(row[reach]).pvalue > 1e-3


def test_boxes_are_resampled_to_the_crop_size(data, monkeypatch):
    free = {"crop_rule": "any"}
    reader = CropDataset(data, (16, 16, 8), 20, views=2, pair_scales=[(24, 20, 16)], **free)
    places = Places(monkeypatch)
    volume = StoredVolume(data[0]["image"])
    for index in range(20):
        images = reader[index]["image"]
        assert images.dtype == torch.int16
        boxes = places.boxes[-2:]
        for image, (start, size) in zip(images, boxes):
            whole = torch.from_numpy(volume.read(list(start), size)).float()
            expected = F.interpolate(whole[None, None], (16, 16, 8), mode="trilinear")[0, 0]
            assert (image - expected).abs().max() <= 0.5


def test_resize_keeps_a_ramp_and_its_own_size():
    ramp = np.broadcast_to(np.arange(-1000, 200, 100, np.int16)[:, None, None], (12, 6, 4))
    halved = resize(np.ascontiguousarray(ramp), (6, 3, 2))
    assert halved[:, 0, 0].tolist() == [-950, -750, -550, -350, -150, 50]
    same = np.ascontiguousarray(ramp)
    assert resize(same, (12, 6, 4)) is same


def test_the_tissue_rule_holds_in_the_box_that_is_cut(tmp_path):
    rng = np.random.default_rng(0)
    array = rng.normal(-850, 10, SHAPE).astype(np.int16)
    array[20:] = rng.normal(-1000, 10, (20, *SHAPE[1:])).astype(np.int16)
    write_volume(tmp_path / "a.b2nd", array, np.eye(4), {})
    item = [{"image": str(tmp_path / "a.b2nd")}]
    options = {"views": 2, "pair_scales": SCALES, "crop_rule": "lung", "matter_limit": 0.7}
    reader = CropDataset(item, (16, 16, 8), 60, **options)
    means = torch.stack([reader[i]["image"].double().mean((1, 2, 3)) for i in range(60)])
    # 0.7 of lung and 0.3 of air have a mean of -895. All first crops pass; beside a small first
    # crop at the border of the lung there may be no second one that does.
    passed = (means > -915).double().mean(0)
    assert passed[0] == 1
    assert passed[1] > 0.9
    free = {**options, "crop_rule": "any", "matter_limit": 0}
    anything = CropDataset(item, (16, 16, 8), 60, **free)
    assert min(float(anything[i]["image"].double().mean()) for i in range(60)) < -990


def test_sizes_that_do_not_fit_a_scan_are_left_out(data, monkeypatch):
    assert fitting(SCALES, (20, 40, 40)) == [(16, 16, 8), (8, 8, 4)]
    large = [(16, 16, 8), (41, 8, 8)]
    free = {"crop_rule": "any"}
    reader = CropDataset(data, (16, 16, 8), 20, views=2, pair_scales=large, **free)
    places = Places(monkeypatch)
    for index in range(20):
        assert reader[index]["image"].shape == (2, 16, 16, 8)
    assert {size for _, size in places.boxes} == {(16, 16, 8)}
    none = CropDataset(data, (16, 16, 8), 20, views=2, pair_scales=large[1:])
    with pytest.raises(UserError, match=r"pair_scales: .*a\.b2nd"):
        none[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"views": 2, "pair_scales": [(8, 8)]}, "^pair_scales: .*three voxel counts"),
        ({"views": 2, "pair_scales": []}, "^pair_scales: no size"),
        ({"pair_scales": SCALES}, "^pair_scales: expected views 2"),
    ],
)
def test_bad_scales_are_named(options, message):
    with pytest.raises(UserError, match=message):
        CropDataset([{"image": "a.b2nd"}], (8, 8, 8), **options)
