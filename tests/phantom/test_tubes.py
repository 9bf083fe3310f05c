"""Bowel keeps clear of the organs; vessels reach what they supply."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.fields import Points
from medssl.phantom.tubes import Bowel, _clearance, draw_bowel, draw_gut_vessels, draw_vessels
from medssl.phantom.viscera import Abdomen

from .patients import draw_abdomen

LOOPS = 9  # of small bowel; the colon follows in three stretches


@pytest.fixture(scope="module")
def abdomen() -> Abdomen:
    return draw_abdomen(1)


@pytest.fixture(scope="module")
def bowel(abdomen: Abdomen) -> list[Bowel]:
    return draw_bowel(abdomen, np.random.default_rng(1))


def points_of(places: np.ndarray) -> Points:
    x, y, z = places.T.astype(np.float32)
    return x, y, z


def test_loops_are_chains_of_even_steps_in_the_room_between_the_organs(
    abdomen: Abdomen, bowel: list[Bowel]
) -> None:
    assert len(bowel) == LOOPS + 3
    inside = []
    for loop in (one.tree for one in bowel[:LOOPS]):
        np.testing.assert_array_equal(loop.start[1:], loop.end[:-1])
        np.testing.assert_allclose(np.linalg.norm(loop.end - loop.start, axis=1), 13.0)
        points = points_of(loop.end)
        organs = [abdomen.liver(points), abdomen.psoas(points), -abdomen.cavity(points)]
        inside += [organs[0] < 0, organs[1] < 0, organs[2] < 0]
    assert np.mean(inside) < 0.03


def test_the_colon_goes_up_on_the_right_across_and_down_on_the_left(bowel: list[Bowel]) -> None:
    up, across, down = (one.tree for one in bowel[LOOPS:])
    assert up.start[0, 2] < up.end[-1, 2]
    assert down.end[-1, 2] < down.start[0, 2]
    assert across.start[0, 0] > 60 > -60 > across.end[-1, 0]  # x runs to the right
    assert up.start[:, 0].min() > 60
    assert down.start[:, 0].max() < -60
    for tree in (up, across, down):
        pouches = tree.start_radius / tree.start_radius.max()
        assert sorted({round(float(one), 3) for one in pouches}) == [0.722, 1.0]


def test_a_vessel_of_the_mesentery_ends_at_every_third_piece_of_the_small_bowel(
    bowel: list[Bowel],
) -> None:
    vessels = draw_gut_vessels(bowel, np.random.default_rng(0))
    ends = {tuple(end) for end in vessels.end.tolist()}
    for loop in bowel[:LOOPS]:
        assert {tuple(end) for end in loop.tree.end[::3].tolist()} <= ends
    assert vessels.start_radius.max() == 4.5


def test_the_liver_is_full_of_vessels_and_the_great_ones_run_along_the_spine(
    abdomen: Abdomen,
) -> None:
    vessels = draw_vessels(abdomen, np.random.default_rng(0))
    inside = abdomen.liver(points_of(vessels.end)) < -3
    assert inside.sum() >= 310  # a branch for each of 130 and 180 places in it
    great = vessels.pick(vessels.start_radius > 10)
    for z in (-100.0, -200.0, -280.0):
        crossing = great.pick((great.start[:, 2] > z) & (great.end[:, 2] <= z))
        right = np.sort((crossing.start[:, 0] + crossing.end[:, 0]) / 2)
        assert len(right) == 2
        assert right[0] < 0 < right[1]  # aorta on the left, vena cava on the right


def test_no_place_is_clear_inside_an_organ_outside_the_walls_or_beside_other_bowel(
    abdomen: Abdomen,
) -> None:
    rng = np.random.default_rng(0)
    places, taken = rng.uniform((-130, -90, -340), (130, 100, -150), (20000, 3)), np.zeros((1, 3))
    taken[0] = (10.0, 40.0, -260.0)
    points = points_of(places)
    moved = abdomen.displace(points)
    clear = _clearance(abdomen, places, taken) > 0
    assert clear.sum() > 100
    for organ in (
        abdomen.liver(points),
        abdomen.stomach(moved),
        abdomen.kidney(moved, 0),
        abdomen.kidney(moved, 1),
        abdomen.psoas(points),
        abdomen.pancreas(moved),
        -abdomen.cavity(points),
    ):
        assert organ[clear].min() > 0
    assert np.linalg.norm(places - taken, axis=1)[clear].min() > 11
