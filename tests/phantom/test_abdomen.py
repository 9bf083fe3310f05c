"""The abdomen phantom: determinism, anatomy in HU, tumours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from medssl.phantom import AbdomenPhantom, make_abdomen_phantom
from medssl.phantom.abdomen import _draw_frame, paint_abdomen

SPACING = (4.0, 4.0, 5.0)
SEEDS = (0, 1, 2, 3)


@pytest.fixture(scope="module")
def phantoms() -> list[AbdomenPhantom]:
    return [make_abdomen_phantom(seed, SPACING) for seed in SEEDS]


def test_same_seed_same_bytes(phantoms: list[AbdomenPhantom]) -> None:
    again = make_abdomen_phantom(SEEDS[1], SPACING)
    assert again.volume.tobytes() == phantoms[1].volume.tobytes()
    assert again.label.tobytes() == phantoms[1].label.tobytes()
    assert again.tumours == phantoms[1].tumours


def test_seeds_differ(phantoms: list[AbdomenPhantom]) -> None:
    for one, two in pairwise(phantoms):
        assert one.volume.shape != two.volume.shape
        assert one.tumours != two.tumours


def test_the_patient_does_not_depend_on_the_voxel_size(phantoms: list[AbdomenPhantom]) -> None:
    other = make_abdomen_phantom(SEEDS[0], (6.0, 5.0, 6.0))
    for one, two in zip(phantoms[0].tumours, other.tumours, strict=True):
        assert one["diameter_mm"] == two["diameter_mm"]
        np.testing.assert_allclose(one["world_mm"], two["world_mm"], atol=6)
    litres = [(phantoms[0].label > 0).sum() * 80 / 1e6, (other.label > 0).sum() * 180 / 1e6]
    assert litres[1] == pytest.approx(litres[0], rel=0.03)


def test_liver_is_one_large_organ_on_the_right(phantoms: list[AbdomenPhantom]) -> None:
    for phantom in phantoms:
        liver = phantom.label > 0
        assert set(np.unique(phantom.label)) == {0, 1, 2}
        assert 0.9 < liver.sum() * 80 / 1e6 < 2.6
        parts, _ = ndimage.label(liver)
        assert np.bincount(parts.ravel())[1:].max() > 0.995 * liver.sum()
        body = ndimage.binary_fill_holes(phantom.volume > -300)
        middle = np.nonzero(body)[0].mean()
        place = np.nonzero(liver)[0]
        assert (place > middle).mean() > 0.75
        thickness = liver.sum((1, 2))
        beyond = thickness[: int(middle) - 4]
        assert beyond.max() < 0.6 * thickness.max()  # the left lobe is thinner


def test_tissues_have_their_hu(phantoms: list[AbdomenPhantom]) -> None:
    for phantom in phantoms:
        hu = phantom.volume
        assert np.median(hu[:, -3:]) == pytest.approx(-1000, abs=5)  # air in front
        liver = ndimage.binary_erosion(phantom.label == 1, iterations=2)
        assert 98 <= np.median(hu[liver]) <= 126
        body = ndimage.binary_fill_holes(hu > -300)
        counts, edges = np.histogram(hu[body], np.arange(-200, 0, 10))
        assert -120 <= edges[counts.argmax()] <= -90  # fat
        litre = 1e6 / 80
        assert (hu[body] > 350).sum() > 0.05 * litre  # bone
        vessels_and_kidneys = (hu[body] > 145) & (hu[body] < 220)
        assert vessels_and_kidneys.sum() > 0.25 * litre
        lower = np.s_[:, :, : hu.shape[2] // 3]
        gas = (hu[lower] < -500) & body[lower]
        assert gas.sum() > 0.001 * litre  # bowel


def test_tumours_stand_out_and_are_where_the_facts_say(phantoms: list[AbdomenPhantom]) -> None:
    seen = 0
    for phantom in phantoms:
        assert 1 <= len(phantom.tumours) <= 8
        liver = np.median(phantom.volume[ndimage.binary_erosion(phantom.label == 1)])
        for fact in phantom.tumours:
            assert 5 <= fact["diameter_mm"] <= 60
            assert 40 <= fact["hu"] <= 80 or 130 <= fact["hu"] <= 160
            place = np.linalg.inv(phantom.affine) @ [*fact["world_mm"], 1.0]
            voxel = tuple(np.round(place[:3]).astype(int))
            if fact["diameter_mm"] < 16:
                continue  # thinner than it takes to see the middle alone
            seen += 1
            assert phantom.label[voxel] == 2
            inside = phantom.volume[tuple(slice(i - 1, i + 2) for i in voxel)].mean()
            assert (inside < liver - 12) == (fact["hu"] < 100)
    assert seen >= len(phantoms)


def test_scans_draw_thin_and_thick_slices() -> None:
    spacings = [_draw_frame(np.random.default_rng(k), None, None).spacing_mm for k in range(60)]
    assert {1.0, 5.0} <= {z for _, _, z in spacings} <= {1.0, 1.5, 2.0, 2.5, 3.0, 5.0}
    assert all(0.65 <= x == y <= 0.9 for x, y, _ in spacings)


def test_organs_are_where_they_belong(phantoms: list[AbdomenPhantom]) -> None:
    for phantom in phantoms:
        np.testing.assert_array_equal(phantom.organs == 1, phantom.label > 0)
        right = [np.nonzero(phantom.organs == organ)[0].mean() for organ in range(1, 5)]
        assert min(right[0], right[2]) > max(right[1], right[3])  # liver, right kidney
        for organ, smallest, largest in ((2, 0.08, 0.45), (3, 0.07, 0.3), (4, 0.07, 0.3)):
            assert smallest < (phantom.organs == organ).sum() * 80 / 1e6 < largest


def test_the_table_may_be_left_out_and_nothing_else_goes_with_it() -> None:
    """As MR does not show it."""
    shown = 0
    for seed in range(6):
        with_table, without = (
            paint_abdomen(seed, np.random.default_rng(0), SPACING, table=table)
            for table in (True, False)
        )
        np.testing.assert_array_equal(with_table.organs, without.organs)
        differs = with_table.hu != without.hu
        if differs.any():  # not everybody lies on one
            shown += 1
            assert (without.hu[differs] == -1000).mean() > 0.9  # but where the skin touches it
    assert shown >= 3
