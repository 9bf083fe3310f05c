"""The permutations of eight cubes that a puzzle network tells apart."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import permutations as all_orders
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

Orders = NDArray[np.int64]
CUBES = 8
RULES = ("maximin", "greedy_sum")
PUBLISHED_FIRST = (5, 7, 4, 0, 6, 1, 3, 2)
# SHA-256 of the rows as bytes: a label must mean the same order on every machine and version.
CHECKSUMS = {
    ("maximin", 100): "f71ddb37027fa0ba2a05cbf7649d029eec49a461b40c83507043cad1bbb3907f",
    ("greedy_sum", 100): "e8d8377955461f6d4f30861593ba2283cb50e4b4d57f6a4d70f8f32f4d9d8177",
}


@lru_cache(maxsize=8)
def puzzle_orders(rule: str = "maximin", classes: int = 100) -> Orders:
    """Return ``(classes, 8)`` permutations of 0..7, one row per class.

    Starting from a first row, the permutation with the largest sum of Hamming distances to those
    chosen is added, the first in lexicographic order among equals. So each cube comes to each place
    about equally often.

    "maximin" chooses among PGL(2, 7) without the identity. Any two differ at six or more of the
    eight places; since no more than 56 permutations can differ at seven or more, six is the best
    for 57 to 335 classes.

    "greedy_sum" chooses among all permutations from the study's first row on, and gives the
    study's table: two of its rows differ at two places only, and the second is the identity.

    Raises:
        UserError: unknown rule, or more classes than there are permutations.
    """
    if rule not in RULES:
        raise UserError(f"permutations: expected one of {list(RULES)}, got '{rule}'")
    most = 335 if rule == "maximin" else 40_320
    if not 2 <= classes <= most:
        raise UserError(f"classes: expected 2 to {most} permutations, got {classes}")
    if rule == "maximin":
        orders = _choose(_projective(), 0, classes)
    else:
        candidates = np.array(list(all_orders(range(CUBES))), dtype=np.int64)
        first = int(np.flatnonzero((candidates == PUBLISHED_FIRST).all(1))[0])
        orders = _choose(candidates, first, classes)
    expected = CHECKSUMS.get((rule, classes))
    if expected is not None and checksum(orders) != expected:
        raise RuntimeError(f"the {rule} permutations are not those of earlier versions")
    orders.setflags(write=False)
    return orders


def checksum(orders: Orders) -> str:
    """SHA-256 of the rows as unsigned bytes."""
    return hashlib.sha256(orders.astype(np.uint8).tobytes()).hexdigest()


def _projective() -> Orders:
    """PGL(2, 7): maps ``x -> (a x + b) / (c x + d)`` of the line over seven elements.

    Point 7 stands for infinity. The group is sharply triply transitive: two members agree at two
    places at most. Rows are in lexicographic order, without the identity.
    """
    found = set()
    for a, b, c, d in product(range(7), repeat=4):
        if (a * d - b * c) % 7:
            pairs = [(a * x + b, c * x + d) for x in range(7)] + [(a, c)]
            found.add(tuple(_quotient(above % 7, below % 7) for above, below in pairs))
    return np.array(sorted(found - {tuple(range(CUBES))}), dtype=np.int64)


def _quotient(above: int, below: int) -> int:
    return 7 if below == 0 else above * pow(below, -1, 7) % 7


def _choose(candidates: Orders, row: int, classes: int) -> Orders:
    """Add rows of the largest sum of Hamming distances, from ``row`` on."""
    places = np.arange(CUBES)
    chosen, counts = [row], np.zeros((CUBES, CUBES), dtype=np.int64)
    used = np.zeros(len(candidates), dtype=bool)
    while len(chosen) < classes:
        counts[places, candidates[row]] += 1
        used[row] = True
        # The sum of distances is 8 x chosen minus the agreements; argmax takes the first of equals.
        agreements = counts[places, candidates].sum(1)
        row = int(np.where(used, -1, CUBES * len(chosen) - agreements).argmax())
        chosen.append(row)
    return candidates[chosen]
