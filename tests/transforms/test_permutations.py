"""The table of cube orders: distances, balance, and the published rule word for word."""

from itertools import permutations

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.transforms import puzzle_orders
from medssl.transforms.permutations import PUBLISHED_FIRST


def distances(orders):
    first, second = np.triu_indices(len(orders), 1)
    return (orders[first] != orders[second]).sum(1)


@pytest.mark.parametrize("rule", ["maximin", "greedy_sum"])
def test_rows_are_different_permutations(rule):
    orders = puzzle_orders(rule)
    assert orders.shape == (100, 8)
    assert (np.sort(orders, 1) == np.arange(8)).all()
    assert len(np.unique(orders, axis=0)) == 100


def test_maximin_is_as_far_apart_as_a_hundred_can_be():
    orders = puzzle_orders("maximin")
    assert distances(orders).min() == 6
    assert not (orders == np.arange(8)).all(1).any()


def test_maximin_has_as_many_rows_as_it_says_all_far_apart():
    orders = puzzle_orders("maximin", 335)
    assert (np.sort(orders, 1) == np.arange(8)).all()
    assert distances(orders).min() == 6


def test_each_cube_comes_to_each_place_about_equally_often():
    orders = puzzle_orders("maximin")
    counts = [np.bincount(orders[:, place], minlength=8) for place in range(8)]
    assert np.isin(counts, (12, 13)).all()


def test_the_published_table():
    orders = puzzle_orders("greedy_sum")
    apart = distances(orders)
    assert tuple(orders[0]) == PUBLISHED_FIRST
    assert (orders[1] == np.arange(8)).all()
    assert (apart.min(), apart.max(), (apart == 2).sum()) == (2, 8, 163)
    assert apart.mean() == pytest.approx(7.069, abs=5e-4)


def test_the_published_rule_word_for_word():
    """Slow oracle: sum up all distances of all permutations at each step."""
    everything = list(permutations(range(8)))
    chosen = [PUBLISHED_FIRST]
    for _ in range(4):
        best, best_sum = None, -1
        for order in everything:
            if order in chosen:
                continue
            total = sum(a != b for row in chosen for a, b in zip(row, order, strict=True))
            if total > best_sum:
                best, best_sum = order, total
        chosen.append(best)
    assert puzzle_orders("greedy_sum", 5).tolist() == [list(row) for row in chosen]


def test_bad_requests():
    with pytest.raises(UserError, match="permutations: expected one of"):
        puzzle_orders("random")
    for classes in (1, 336):
        with pytest.raises(UserError, match=f"2 to 335 permutations, got {classes}"):
            puzzle_orders("maximin", classes)
