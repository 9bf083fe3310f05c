"""A skeleton's texts under the name of the new method, and the lists it is entered in."""

from __future__ import annotations

import re

from ...errors import UserError


def class_name(name: str) -> str:
    """The new transform's class: ``my_idea`` becomes ``MyIdeaPretext``."""
    return f"{_camel(name)}Pretext"


def move_module(text: str, name: str, family: str) -> str:
    """The family's module as it stands in ``medssl.pretext``; draws get a stream of their own."""
    text = text.replace("from ...pretext.", "from .").replace("from ...", "from ..")
    text = text.replace(f'"{family}"', f'"{name}"').replace(family.capitalize(), _camel(name))
    return _sort_imports(text, "from .")


def move_test(text: str, name: str, family: str) -> str:
    """The family's test, of the new module."""
    text = text.replace(f"medssl.zoo.skeleton.{family}", "medssl.pretext")
    return _sort_imports(text.replace(family.capitalize(), _camel(name)), "from medssl.")


def add_export(text: str, name: str) -> str:
    """``medssl/pretext/__init__.py`` with the new class, imports and names in order."""
    text = _insert(text, f"from .{name} import {class_name(name)}\n", "from .")
    return _insert(text, f'    "{class_name(name)}",\n', '    "')


def add_bundle(text: str, source: str, bundle: str) -> str:
    """A list of bundles with ``bundle`` after ``source``, and the same value where it has one.

    Raises:
        UserError: the list has no line for ``source``, or several.
    """
    line = rf'^    "{source}"(.*\n)'
    text, found = re.subn(line, rf'\g<0>    "{bundle}"\1', text, flags=re.MULTILINE)
    if found != 1:
        raise UserError(f"{source}: listed on {found} lines of the tests, expected one")
    return text


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _insert(text: str, new: str, prefix: str) -> str:
    """Insert a line before the first of those with ``prefix`` that sorts after it."""
    lines = text.splitlines(keepends=True)
    places = [index for index, line in enumerate(lines) if line.startswith(prefix)]
    place = next((index for index in places if lines[index] > new), places[-1] + 1)
    return "".join([*lines[:place], new, *lines[place:]])


def _sort_imports(text: str, prefix: str) -> str:
    """Sort the one-line imports that start with ``prefix``, the furthest package first."""

    def order(line: str) -> tuple[int, str]:
        module = line.split()[1]
        return len(module.lstrip(".")) - len(module), module

    lines = text.splitlines(keepends=True)
    places = [index for index, line in enumerate(lines) if line.startswith(prefix)]
    ordered = sorted((lines[place] for place in places), key=order)
    for place, line in zip(places, ordered, strict=True):
        lines[place] = line
    return "".join(lines)
