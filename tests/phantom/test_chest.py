"""The chest phantom: determinism, anatomy in HU, nodules."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from medssl.phantom import ChestPhantom, make_chest_phantom
from medssl.phantom.anatomy import draw_anatomy
from medssl.phantom.fields import capsule, coverage, ellipsoid, smooth_max
from medssl.phantom.frame import draw_frame
from medssl.phantom.noise import ValueNoise
from medssl.phantom.thorax import Thorax
from medssl.phantom.trees import Tree, grow, grow_lungs, paint_tree

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


def test_drawn_spacing_and_view_are_those_of_luna16() -> None:
    for seed in range(40):
        frame = draw_frame(np.random.default_rng(seed), None, None)
        x, y, z = frame.spacing_mm
        assert 0.6 <= x == y <= 0.9
        assert 1.0 <= z <= 2.5
        extent = np.array(frame.shape) * frame.spacing_mm
        assert (extent[:2] > 313).all()
        assert (extent[:2] < 387).all()


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


def test_left_and_right_are_not_mixed_up() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        thorax = Thorax(draw_anatomy(rng))
        points = rng.uniform((-130, -90, -130), (130, 90, 60), (40000, 3)).astype(np.float32)
        x, y, z = points.T
        heart = x[thorax.heart((x, y, z)) < 0]
        assert heart.mean() < -5  # to the patient's left, x runs to the right
        right, left = (np.array([float(side), 0.0, 0.0], np.float32) for side in (70.0, -70.0))
        heights = [
            -float(thorax.diaphragm((one[:1], one[1:2], one[2:]))[0]) for one in (right, left)
        ]
        assert heights[0] > heights[1] + 5  # the liver lifts the right dome


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


def test_mask_has_the_annotated_volume() -> None:
    measured = []
    for seed in (2, 3, 6):
        phantom = make_chest_phantom(seed, (1.0, 1.0, 1.0), (250.0, 190.0, 60.0))
        for number, nodule in enumerate(phantom.nodules, 1):
            k = np.nonzero(phantom.nodule_mask == number)[2]
            if min(k.min(), phantom.volume.shape[2] - 1 - k.max()) < 1:
                continue  # cut by the field of view
            volume = len(k) * 1.0  # voxels of 1 mm3
            measured.append((6 * volume / np.pi) ** (1 / 3) / nodule.diameter_mm)
    assert measured
    np.testing.assert_allclose(measured, 1.0, atol=0.12)


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


def test_a_tree_ends_at_every_target_and_thins_out() -> None:
    rng = np.random.default_rng(3)
    targets = rng.uniform(-40, 40, (200, 3))
    tree = grow(np.array([0.0, 0.0, 60.0]), targets, 5.0, rng)
    for target in targets:
        assert (np.abs(tree.end - target).max(1) < 1e-9).any()
    assert (tree.end_radius <= tree.start_radius + 1e-9).all()
    starts = {tuple(np.round(point, 6)) for point in tree.start}
    ends = {tuple(np.round(point, 6)) for point in tree.end}
    assert len(starts - ends) == 1  # connected: only the root is nobody's end


def test_vessels_reach_the_pleura_and_spare_the_heart() -> None:
    rng = np.random.default_rng(1)
    anatomy = draw_anatomy(rng)
    thorax = Thorax(anatomy)
    arteries, veins, airways = grow_lungs(thorax, anatomy, rng)
    for tree in (arteries, veins):
        x, y, z = tree.end.T.astype(np.float32)
        depth = thorax.lungs((x, y, z))
        assert (depth < 2).mean() > 0.9
        assert ((depth > -8) & (depth < -2)).mean() > 0.1
    x, y, z = ((airways.start + airways.end) / 2).T.astype(np.float32)
    assert (thorax.heart((x, y, z)) > 0).all()
    assert airways.end_radius.min() < 1.5 < 8 < airways.start_radius.max()


def test_painted_tubes_cover_their_volume() -> None:
    frame = draw_frame(np.random.default_rng(5), (1.0, 1.5, 0.8), (60.0, 60.0, 60.0))
    middle = frame.points((slice(30, 31), slice(20, 21), slice(37, 38)))
    centre = np.array([axis.item() for axis in middle])
    rng = np.random.default_rng(0)
    start, end = (centre + rng.uniform(-18, 18, (12, 3)) for _ in range(2))
    radii = rng.uniform(1.5, 3.0, (2, 12))
    tree = Tree(start, end, radii[0], radii[1])
    painted = np.zeros(frame.shape, np.float32)
    paint_tree(painted, frame, tree)
    nearest = np.min(
        [capsule(frame.points(), start[n], end[n], (radii[0, n], radii[1, n])) for n in range(12)],
        axis=0,
    )
    np.testing.assert_allclose(painted, coverage(nearest, frame.voxel_mm), atol=2e-4)


def test_shapes_against_sampled_distances() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-20, 20, (300, 3))
    x, y, z = points.T
    start, end = np.array([-5.0, 2.0, 1.0]), np.array([9.0, -3.0, 6.0])
    along = np.linspace(0, 1, 4001)[:, None]
    axis = start + along * (end - start)
    nearest = np.linalg.norm(points[:, None] - axis, axis=2).min(1)
    np.testing.assert_allclose(capsule((x, y, z), start, end, (2.0, 2.0)), nearest - 2, atol=1e-3)
    ball = ellipsoid((x, y, z), (1.0, 2.0, 3.0), (5.0, 5.0, 5.0))
    expected = np.linalg.norm(points - [1, 2, 3], axis=1) - 5
    np.testing.assert_allclose(ball, expected, atol=1e-4)
    flat = ellipsoid((x, y, z), (0.0, 0.0, 0.0), (9.0, 4.0, 6.0), turn=0.7)
    turned = np.cos(0.7) * x + np.sin(0.7) * y, np.cos(0.7) * y - np.sin(0.7) * x
    inside = (turned[0] / 9) ** 2 + (turned[1] / 4) ** 2 + (z / 6) ** 2 < 1
    np.testing.assert_array_equal(flat < 0, inside)
    assert (smooth_max(x, y, 3.0) >= np.maximum(x, y)).all()
    np.testing.assert_array_equal(coverage(np.array([-3.0, 0.0, 3.0]), 2.0), [1.0, 0.5, 0.0])


def test_noise_has_its_wavelength_and_scale() -> None:
    rng = np.random.default_rng(0)
    frame = draw_frame(rng, (1.0, 1.0, 1.0), (90.0, 100.0, 80.0))
    short, long = (ValueNoise(rng, frame, mm).sample(frame) for mm in (2.0, 8.0))
    assert short.shape == frame.shape
    assert short.std() == pytest.approx(1.0, abs=0.05)
    assert long.std() == pytest.approx(1.0, abs=0.15)
    steps = [np.abs(np.diff(noise, axis=0)).mean() for noise in (short, long)]
    assert steps[0] > 3 * steps[1]


def test_slabs_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medssl.phantom.frame._SLAB_VOXELS", 2500)
    rng = np.random.default_rng(2)
    frame = draw_frame(rng, (2.0, 2.0, 3.0), (60.0, 60.0, 60.0))
    noise = ValueNoise(rng, frame, 7.0)
    slabs = [slab for _, slab in frame.slabs()]
    assert [slab.shape[2] for slab in slabs] == [2] * 10
    whole, parts = noise.sample(frame), [noise.sample(slab) for slab in slabs]
    np.testing.assert_array_equal(np.concatenate(parts, axis=2), whole)
    for axis, expected in enumerate(frame.points()):
        joined = np.concatenate([slab.points()[axis] for slab in slabs], axis=2)
        np.testing.assert_allclose(joined, expected, atol=1e-3)
