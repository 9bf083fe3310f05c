"""Settings follow from the data and the machine, each with its reason."""

import math
from itertools import pairwise

import numpy as np
import pytest

from medssl.analysis.plan import rules
from medssl.analysis.plan.machine import GIB, Machine
from medssl.store.contract import HU

from .conftest import CPU, GPU, facts


def test_a_small_scan_is_taken_whole():
    crop, why = rules.crop_size(facts(), CPU, 8)
    assert crop == [40, 56, 40]
    assert "a whole scan" in why


@pytest.mark.parametrize("shape", [(300, 300, 250), (512, 512, 20), (9, 400, 400), (60, 60, 600)])
@pytest.mark.parametrize(("machine", "width"), [(CPU, 8), (CPU, 32), (GPU, 32), (GPU, 8)])
def test_crops_are_multiples_of_the_stride_shaped_like_the_scans_and_two_fit(shape, machine, width):
    crop, _ = rules.crop_size(facts(shape), machine, width)
    assert all(side % 8 == 0 and side >= 16 for side in crop)
    assert all(
        side <= max(16, math.ceil(full / 8) * 8) for side, full in zip(crop, shape, strict=True)
    )
    assert 2 * math.prod(crop) * width * rules.BYTES <= 0.6 * machine.memory
    order = np.argsort(shape, kind="stable")
    assert all(crop[a] <= crop[b] + 8 for a, b in pairwise(order))


def test_more_memory_gives_larger_crops_and_none_less_than_the_smallest():
    sizes = [
        math.prod(rules.crop_size(facts((400, 400, 300)), Machine("cuda", "", m * GIB), 32)[0])
        for m in (0.01, 8, 24, 80)
    ]
    assert sizes[0] == 16**3
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


@pytest.mark.parametrize(
    ("scans", "shape", "batch"),
    [(150, (35, 50, 35), 4), (100, (35, 50, 35), 3), (5, (35, 50, 35), 2), (100, (300,) * 3, 4)],
)
def test_batches_hold_two_at_least_and_a_twentieth_of_all_voxels_at_most(scans, shape, batch):
    found = facts(shape, scans)
    crop, _ = rules.crop_size(found, CPU, 8)
    assert rules.batch_size(found, CPU, 8, crop)[0] == batch
    if batch > 2:
        assert batch * math.prod(crop) <= 0.05 * scans * math.prod(shape)


def test_the_window_of_ct_is_where_the_classes_lie():
    ends, why = rules.window(facts(intensity=HU, names=("liver",)))
    assert ends == [-160, 240]
    assert "liver" in why
    assert rules.window(facts())[0] == [-1000, 1000]


def test_a_narrow_class_still_has_a_window():
    low, high = rules.window(facts(intensity=HU, values=np.full(9, 57, np.int16)))[0]
    assert low < 57 < high
    assert high - low >= 100


@pytest.mark.parametrize(
    ("native", "expected"),
    [((0.9, 0.9, 1.0), [0.9, 0.9, 1.0]), ((0.7, 0.7, 5.0), [0.7, 0.7, 1.0])],
)
def test_the_scans_own_voxel_size_is_fine_along_a_coarse_axis(native, expected):
    found = facts(native=native)
    if native[2] > 3:
        found.native_mm[:20, 2] = 1.0  # some have thin slices
    assert rules.target_spacing(found) == expected
    value, why = rules.spacing(found)
    assert value == [1.0, 1.0, 1.0]
    assert ("--spacing " + ",".join(f"{size:g}" for size in expected) in why) == (native[0] < 0.8)
    assert rules.spacing(facts(spacing=None))[0] == "native"


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (("left lung", "right lung"), "yz"),
        (("kidney_R",), "yz"),
        (("LeftKidney", "spleen"), "yz"),
        (("liver", "spleen"), "xyz"),
        (("cleft", "bright"), "xyz"),
        (("anterior", "posterior"), "xz"),
    ],
)
def test_sides_are_not_mirrored(names, axes):
    assert rules.flip_axes(facts(names=names))[0] == axes


def test_epochs_fill_the_hours_and_are_told_where_they_cannot():
    epochs, _ = rules.max_epochs(facts(), hours=2, step=0.5, batch=4, crops=2)
    assert epochs == int(2 * 3600 / (50 * 0.5 * 1.5))
    few, why = rules.max_epochs(facts(), hours=0.01, step=5, batch=2, crops=1, busy=True)
    assert few == 10
    assert "not 0.01" in why
    assert "other programs" in why
    assert rules.max_epochs(facts(scans=4), hours=100, step=0.1, batch=2, crops=1)[0] == 1000
    assert rules.val_interval(100)[0] == 5
    assert rules.val_interval(7)[0] == 1


@pytest.mark.parametrize(
    ("scans", "batch", "crops"), [(12, 2, 9), (150, 4, 2), (1000, 2, 1), (1, 2, 100)]
)
def test_an_epoch_has_fifty_steps_at_least(scans, batch, crops):
    assert rules.crops_per_scan(facts(scans=scans), batch)[0] == crops
    assert scans * crops // batch >= 50
