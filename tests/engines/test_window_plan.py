"""The plan's windows are MONAI's, and every block to be seen is in the window it belongs to."""

import itertools

import numpy as np
import pytest
import torch
from monai.inferers import sliding_window_inference

from medssl.engines.window_plan import WindowPlan

PLANS = [
    ((20, 16, 12), (8, 8, 8), 0.5),
    ((21, 9, 8), (8, 8, 8), 0.25),
    ((37, 5, 30), (8, 16, 24), (0.25, 0.5, 0.1)),
    ((17, 33, 40), (8, 8, 16), 0.0),
    ((9, 9, 9), (8, 8, 8), 0.99),
]


def windows(shape, roi, overlap):
    """Places of MONAI's windows, and the start of each."""
    places = []

    def note(window, coordinates):
        places.extend(coordinates)
        return window

    sliding_window_inference(
        torch.zeros(2, 1, *shape), roi, 3, note, overlap=overlap, with_coord=True
    )
    return places


@pytest.mark.parametrize(("shape", "roi", "overlap"), PLANS)
def test_the_windows_are_monai_s(shape, roi, overlap):
    plan, places = WindowPlan(shape, roi, overlap, [None, None]), windows(shape, roi, overlap)
    assert plan.count == plan.runs.size == len(places)
    assert plan.wanted(places).all()
    spots = {(batch.start, *(axis.start for axis in axes)) for batch, _, *axes in places}
    assert spots == set(itertools.product(range(2), *plan.starts))


@pytest.mark.parametrize(("shape", "roi", "overlap"), PLANS)
def test_a_voxel_to_be_seen_runs_the_window_of_the_nearest_centre(shape, roi, overlap):
    rng, places = np.random.default_rng(0), windows(shape, roi, overlap)
    places = [place for place in places if place[0].start == 0]
    for _ in range(20):
        blocks = np.zeros([-(-side // 4) for side in shape], dtype=bool)
        block = tuple(rng.integers(blocks.shape))
        blocks[block] = True
        plan = WindowPlan(shape, roi, overlap, [blocks])
        ran = [place for place, runs in zip(places, plan.wanted(places), strict=True) if runs]
        for offset in itertools.product(range(4), repeat=3):
            voxel = [4 * b + o for b, o in zip(block, offset, strict=True)]
            if all(v < side for v, side in zip(voxel, shape, strict=True)):
                assert any(is_nearest(voxel, place, places, shape) for place in ran)


def is_nearest(voxel, place, places, shape):
    """Whether no window's centre is nearer along any axis; the scan is padded on both sides."""
    for at, axis, sides, side in zip(
        voxel, place[2:], zip(*(p[2:] for p in places), strict=True), shape, strict=True
    ):
        padding = max(axis.stop - axis.start - side, 0) // 2
        distances = [abs(at + 0.5 + padding - (one.start + one.stop) / 2) for one in sides]
        if abs(at + 0.5 + padding - (axis.start + axis.stop) / 2) > min(distances) + 1:
            return False
    return True


def test_each_scan_of_a_batch_has_a_plan_of_its_own():
    empty = np.zeros((5, 4, 3), dtype=bool)
    full = ~empty
    plan = WindowPlan((20, 16, 12), (8, 8, 8), 0.5, [empty, full, None])
    assert [runs.mean() for runs in plan.runs] == [0, 1, 1]
