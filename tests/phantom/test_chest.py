"""The chest phantom: determinism, anatomy in HU, nodules."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from medssl.phantom import ChestPhantom, make_chest_phantom

SPACING = (4.0, 4.0, 4.0)
VIEW = (340.0, 300.0, 280.0)
SEEDS = (0, 1, 2, 3, 4, 5)


@pytest.fixture(scope="module")
def phantoms() -> list[ChestPhantom]:
    return [make_chest_phantom(seed, SPACING, VIEW) for seed in SEEDS]


@pytest.fixture(scope="module")
def fine() -> ChestPhantom:
    return make_chest_phantom(2, (1.6, 1.6, 2.0), VIEW)


def voxel_of(phantom: ChestPhantom, world: tuple[float, float, float]) -> np.ndarray:
    return (np.linalg.inv(phantom.affine) @ np.array([*world, 1.0]))[:3]


def test_same_seed_same_bytes(phantoms: list[ChestPhantom]) -> None:
    again = make_chest_phantom(SEEDS[1], SPACING, VIEW)
    assert again.volume.tobytes() == phantoms[1].volume.tobytes()
    assert again.nodule_mask.tobytes() == phantoms[1].nodule_mask.tobytes()
    assert again.nodules == phantoms[1].nodules
    assert again.false_positives == phantoms[1].false_positives


def test_seeds_differ(phantoms: list[ChestPhantom]) -> None:
    for one, two in pairwise(phantoms):
        close = np.abs(one.volume.astype(int) - two.volume) < 20
        inside = one.lung_mask | two.lung_mask
        assert close[inside].mean() < 0.7
        assert not np.allclose(one.affine, two.affine)
        assert one.nodules != two.nodules


def test_grid_is_what_was_asked_for(phantoms: list[ChestPhantom]) -> None:
    for phantom in phantoms:
        assert phantom.volume.dtype == np.int16
        assert phantom.nodule_mask.dtype == np.uint16
        assert phantom.volume.shape == phantom.nodule_mask.shape == (85, 75, 70)
        np.testing.assert_allclose(np.diag(phantom.affine), [4, 4, 4, 1])


def test_tissues_have_their_hu(fine: ChestPhantom) -> None:
    hu = fine.volume
    assert hu.min() >= -1024
    assert hu.max() <= 3071
    outside = np.zeros(hu.shape, bool)
    outside[:, -4:] = True  # air in front of the patient
    assert np.median(hu[outside]) == pytest.approx(-1000, abs=5)
    lung = ndimage.binary_erosion(fine.lung_mask, iterations=2)
    assert -900 < np.median(hu[lung]) < -800
    assert 0.02 < (hu[lung] > -500).mean() < 0.09  # vessels: 0.04 to 0.055 in patients
    body = ndimage.binary_fill_holes(hu > -300) & ~fine.lung_mask
    values = hu[body]
    counts, edges = np.histogram(values, np.arange(-200, 200, 10))
    fat, soft = edges[:-1] < -50, edges[:-1] > 0
    assert -115 <= edges[:-1][fat][counts[fat].argmax()] <= -90
    assert 30 <= edges[:-1][soft][counts[soft].argmax()] <= 70
    assert 0.01 < (values > 200).mean() < 0.15  # bone (and contrast in some)
    assert values.max() > 450


def test_lungs_fill_litres_and_two_sides(phantoms: list[ChestPhantom]) -> None:
    for phantom in phantoms:
        litres = phantom.lung_mask.sum() * 64 / 1e6
        assert 2.5 < litres < 7.5
        lungs, count = ndimage.label(ndimage.binary_erosion(phantom.lung_mask))
        sizes = np.sort(np.bincount(lungs.ravel())[1:])
        assert count >= 2
        assert sizes[-2] > 0.6 * sizes[-1]


def test_left_and_right_in_the_image(phantoms: list[ChestPhantom]) -> None:
    for phantom in phantoms:
        lungs = phantom.lung_mask
        middle = np.average(np.nonzero(lungs)[0])
        right = np.arange(lungs.shape[0]) > middle
        assert lungs[right].sum() > lungs[~right].sum()  # the heart takes room on the left


def test_nodules_lie_in_the_lungs_and_match_their_mask(phantoms: list[ChestPhantom]) -> None:
    total = 0
    for phantom in phantoms:
        ids = np.unique(phantom.nodule_mask)
        assert ids.tolist() == list(range(len(phantom.nodules) + 1))
        for number, nodule in enumerate(phantom.nodules, 1):
            total += 1
            assert 3.0 <= nodule.diameter_mm <= 36.0
            found = np.argwhere(phantom.nodule_mask == number)
            assert np.abs(found.mean(0) - voxel_of(phantom, nodule.world_mm)).max() < 1.5
            near = ndimage.binary_dilation(phantom.lung_mask)
            assert near[tuple(found.T)].all()
    assert total >= len(SEEDS)


def test_nodules_stand_out_from_the_lung(fine: ChestPhantom) -> None:
    for number, nodule in enumerate(fine.nodules, 1):
        inside = fine.nodule_mask == number
        around = ndimage.binary_dilation(inside, iterations=4) & fine.lung_mask & ~inside
        contrast = fine.volume[inside].mean() - np.median(fine.volume[around])
        assert contrast > (350 if nodule.kind == "solid" else 80)


def test_false_positives_are_dense_and_far_from_nodules(fine: ChestPhantom) -> None:
    places = np.array(fine.false_positives)
    assert len(places) > 100
    for nodule in fine.nodules:
        assert np.linalg.norm(places - nodule.world_mm, axis=1).min() > 10
    voxels = np.round([voxel_of(fine, place) for place in fine.false_positives]).astype(int)
    assert fine.lung_mask[tuple(voxels.T)].mean() > 0.95
    brightest = ndimage.maximum_filter(fine.volume, 3)[tuple(voxels.T)]
    assert np.median(brightest) > -300  # vessels, not air


def test_a_small_field_of_view_is_a_window_on_the_same_chest() -> None:
    phantom = make_chest_phantom(4, (2.0, 2.0, 2.0), (24.0, 20.0, 16.0))
    assert phantom.volume.shape == (12, 10, 8)
    for place in phantom.false_positives:
        voxel = voxel_of(phantom, place)
        assert (voxel >= 0).all()
        assert (voxel <= np.array(phantom.volume.shape) - 1).all()
