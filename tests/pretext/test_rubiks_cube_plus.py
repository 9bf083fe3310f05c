"""Rubik's cube+: flags are independent, masks keep their share."""

import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import RubiksCubePlusPretext

from .puzzles import SEEDS, cubes


def test_orders_are_uniform_and_flags_independent_with_their_rates():
    params = RubiksCubePlusPretext().draw(SEEDS, (4, 4, 4))
    counts = torch.bincount(params.puzzle.classes, minlength=100)
    assert ((counts - 40.0) ** 2 / 40).sum() < 161  # chi-square, 99 degrees, p = 1e-4
    horizontal, vertical = params.puzzle.horizontal, params.puzzle.vertical
    for flag in (horizontal, vertical, params.masked):
        assert (flag.double().mean(0) - 0.5).abs().max() < 0.035
    assert (horizontal & vertical).double().mean() == pytest.approx(0.25, abs=0.01)
    assert (horizontal & params.masked).double().mean() == pytest.approx(0.25, abs=0.01)


def test_a_mask_keeps_its_share_and_touches_no_other_cube():
    images = cubes(40, (8, 8, 8))
    inputs, targets = RubiksCubePlusPretext(keep_rate=0.3)(images, SEEDS[:40])
    masked = targets[:, 17:].bool()
    assert (inputs[masked] > 0).double().mean() == pytest.approx(0.3, abs=0.01)
    assert (inputs[~masked] > 0).all()


def test_a_rate_that_is_none_is_named():
    with pytest.raises(UserError, match="mask_rate"):
        RubiksCubePlusPretext(mask_rate=2)
