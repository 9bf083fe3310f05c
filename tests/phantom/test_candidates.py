"""Candidates: near their nodule, or far from all of them."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom import ChestPhantom, make_chest_phantom
from medssl.phantom.candidates import draw_candidates


def test_candidates_without_any_lung_in_view() -> None:
    corner = make_chest_phantom(0, (8.0, 8.0, 8.0), (16.0, 16.0, 16.0))
    empty = type(corner)(
        corner.volume, corner.affine, (), corner.nodule_mask, corner.lung_mask & False, ()
    )
    assert draw_candidates(empty, 10, np.random.default_rng(0)) == []


@pytest.fixture(scope="module")
def phantom() -> ChestPhantom:
    return make_chest_phantom(3, (5.0, 5.0, 5.0), (330.0, 290.0, 260.0))


def test_each_nodule_is_marked_one_to_three_times_close_to_its_centre(
    phantom: ChestPhantom,
) -> None:
    counts = set()
    for seed in range(20):
        rows = draw_candidates(phantom, 0, np.random.default_rng(seed))
        assert {kind for *_, kind in rows} == {1}
        near = np.zeros(len(phantom.nodules), int)
        for *place, _ in rows:
            gaps = [
                np.abs(np.array(place) - one.world_mm).max() / one.diameter_mm
                for one in phantom.nodules
            ]
            assert min(gaps) <= 0.25 + 1e-9
            near[np.argmin(gaps)] += 1
        assert near.min() >= 1
        counts |= set(near.tolist())
    assert counts == {1, 2, 3}


def test_most_negatives_are_crossings_and_the_rest_lies_in_the_lungs(
    phantom: ChestPhantom,
) -> None:
    rows = draw_candidates(phantom, 50, np.random.default_rng(0))
    negatives = [row[:3] for row in rows if row[3] == 0]
    assert len(negatives) == 50
    known = set(phantom.false_positives)
    assert [place in known for place in negatives] == [True] * 35 + [False] * 15
    assert len(set(negatives)) == 50
    to_voxel = np.linalg.inv(phantom.affine)
    for place in negatives[35:]:
        voxel = np.round((to_voxel @ [*place, 1.0])[:3]).astype(int)
        assert phantom.lung_mask[tuple(voxel)]
        for one in phantom.nodules:
            away = np.linalg.norm(np.array(place) - one.world_mm)
            assert away > one.diameter_mm / 2 + 6.0
