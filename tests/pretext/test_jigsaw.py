"""Jigsaw: cubes move and nothing else, by orders that are equally likely."""

import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import JigsawPretext
from medssl.transforms import puzzle_orders

from .puzzles import SEEDS, cubes


def test_each_place_shows_the_cube_that_the_row_of_its_class_names():
    method = JigsawPretext("greedy_sum", classes=7)
    images = cubes(40, (2, 3, 2))
    inputs, targets = method(images, SEEDS[:40])
    table = puzzle_orders("greedy_sum", 7)
    for image, shown, (row,) in zip(images, inputs, targets.tolist(), strict=True):
        for place, cube in enumerate(table[row]):
            assert torch.equal(shown[place], image[cube])


def test_every_class_is_equally_likely_whatever_their_number():
    for classes in (7, 100):
        drawn = JigsawPretext(classes=classes).draw(SEEDS, (4, 4, 4)).classes
        counts = torch.bincount(drawn, minlength=classes)
        assert len(counts) == classes
        expected = len(SEEDS) / classes
        # Chi-square at p = 1e-4, for 6 and 99 degrees of freedom.
        assert ((counts - expected) ** 2 / expected).sum() < {7: 27.9, 100: 161}[classes]


def test_what_is_no_puzzle_of_eight_cubes_is_refused():
    with pytest.raises(UserError, match="8 cubes as channels, got 2"):
        JigsawPretext()(cubes()[:, :2], SEEDS[:6])
