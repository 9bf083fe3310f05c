"""Several names in one word: each has a name, and each is another."""

import pytest

from medssl.commands.words import several
from medssl.errors import UserError


def test_names_have_commas_between_them():
    assert several("--x", "a") == ["a"]
    assert several("--x", "b,a") == ["b", "a"]


def test_empty_names_and_one_thing_twice_are_refused():
    with pytest.raises(UserError, match=r"^--x: '' has an empty name; expected names with one"):
        several("--x", "")
    with pytest.raises(UserError, match=r"^--x: a is there twice; name it once"):
        several("--x", "a,b,a")
    with pytest.raises(UserError, match=r"^--x: A is a, which is there twice; name it once"):
        several("--x", "a,A", str.lower)
