"""Shared options are the command's own to fire, its help and whoever calls the method."""

import inspect

from medssl.command_line import Option, takes
from medssl.command_line.options import commands_in, described


class Inner:
    """A group."""

    def work(self, place: "str | None" = None) -> None: ...

    def _hidden(self) -> None: ...


class Outer:
    """Holds a group."""

    def __init__(self):
        self.inner = Inner()
        self.number = 3

    @takes(
        scans=Option(int, 20, "how many."), spacing=Option(tuple[float, ...] | None, None, "mm.")
    )
    def make(self, output: str, **options) -> dict:
        """Make it.

        Args:
            output: folder.
        """
        return options


def test_all_commands_are_found_with_their_words():
    found = [words for words, _ in commands_in(Outer())]
    assert found == [("inner", "work"), ("make",)]


def test_only_what_is_given_reaches_the_command():
    assert Outer().make("a") == {}
    assert Outer().make("a", scans=3) == {"scans": 3}


def test_the_signature_has_every_option_and_the_help_its_line():
    parameters = inspect.signature(Outer().make).parameters
    assert list(parameters) == ["output", "scans", "spacing"]
    assert parameters["scans"].default == 20
    assert parameters["scans"].annotation is int
    page = inspect.getdoc(Outer.make)
    assert page.endswith("Args:\n    output: folder.\n    scans: how many.\n    spacing: mm.")


def test_types_are_shown_as_they_are_typed():
    shown = inspect.signature(described(Outer().make)).parameters
    assert [repr(one.annotation) for one in shown.values()] == ["str", "int", "float,float,..."]
    (place,) = inspect.signature(described(Inner().work)).parameters.values()
    assert repr(place.annotation) == "str"
