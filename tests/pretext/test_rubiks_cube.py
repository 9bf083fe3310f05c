"""Rubik's cube: turns that exclude each other, and bad rates."""

import pytest

from medssl.errors import UserError
from medssl.pretext import RubiksCubePretext

from .puzzles import SEEDS


def test_exclusive_turns_never_meet():
    params = RubiksCubePretext(turn_rate=1 / 3, exclusive_rotations=True).draw(SEEDS, (4, 4, 4))
    assert not (params.horizontal & params.vertical).any()
    for flag in (params.horizontal, params.vertical):
        assert flag.double().mean() == pytest.approx(1 / 3, abs=0.01)


def test_a_rate_that_leaves_no_room_for_both_turns_is_named():
    with pytest.raises(UserError, match="turn_rate"):
        RubiksCubePretext(turn_rate=0.6, exclusive_rotations=True)
