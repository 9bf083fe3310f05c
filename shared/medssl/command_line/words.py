"""The words of a command line, checked before anything runs."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter
from typing import Any, NamedTuple

from ..errors import EMPTY, UserError
from .values import SWITCH, members, read

HELP = ("--help", "-h")
_FLAG = re.compile(r"--|-[a-zA-Z]")  # what begins so is one for fire, too; a negative number is not
_OWN = "--"  # behind it stand fire's own flags


class Call(NamedTuple):
    """What a command line asks for.

    Attributes:
        path: words that name the command, or a group of commands.
        command: the method, or the group.
        rest: words behind them.
    """

    path: tuple[str, ...]
    command: Any
    rest: list[str]


def find(commands: object, words: Sequence[str]) -> Call:
    """The command that the first words name.

    Raises:
        UserError: there is none of that name.
    """
    command, path, rest = commands, list[str](), list(words)
    while rest and not callable(command) and not rest[0].startswith("-"):
        name = rest[0].replace("-", "_")
        known = [each for each, _ in inspect.getmembers(command) if not each.startswith("_")]
        if name not in known:
            raise UserError(f"{' '.join([*path, rest[0]])}: no such command; {_hint(name, known)}")
        path.append(rest.pop(0))
        command = getattr(command, name)
    return Call(tuple(path), command, rest)


def checked(commands: object, words: Sequence[str]) -> list[str]:
    """The same words with every option as ``--name=value``, which fire cannot misunderstand.

    Args:
        commands: object whose methods are the commands, or whose attributes have such methods.
        words: of the command line, without the program's name.

    Raises:
        UserError: no such command or option, a value of another type, a word too many or one that
            is missing. The message names the nearest one, or what is there to choose from.
    """
    path, command, rest = find(commands, words)
    cut = rest.index(_OWN) if _OWN in rest else len(rest)
    rest, own = rest[:cut], rest[cut:]
    if not callable(command):
        if rest:
            raise UserError(f"{rest[0]}: no such option; {_hint(rest[0], ('--help', '--version'))}")
        return [*path, *own]
    parameters = inspect.signature(command, eval_str=True).parameters
    options, plain = _split(rest, parameters)
    _check_plain(" ".join(path), parameters, options, plain)
    return [*path, *plain, *(f"--{name}={value}" for name, value in options.items()), *own]


def _split(
    words: Sequence[str], parameters: Mapping[str, Parameter]
) -> tuple[dict[str, str], list[str]]:
    """Options by name, and the other words."""
    options: dict[str, str] = {}
    plain, left = [], list(words)
    while left:
        word = left.pop(0)
        if not _FLAG.match(word):
            plain.append(word)
            continue
        spelt, equals, value = word.partition("=")
        name, switch = _name(spelt, parameters)
        if not equals:
            value = _value(name, switch, left, parameters)
        if name in options:
            raise UserError(f"--{name}: given twice, expected once")
        options[name] = value
        _check_value(name, value, parameters)
    return options, plain


def _name(spelt: str, parameters: Mapping[str, Parameter]) -> tuple[str, str]:
    """The parameter that a flag means, and the value of one that is switched so, or nothing.

    Flags may be shortened to their initial where no other has it; ``--noNAME`` switches off.
    """
    name = spelt.lstrip("-").replace("-", "_")
    named = [one.name for one in parameters.values() if one.kind is not one.VAR_KEYWORD]
    if name in named and not _is_plain(parameters[name]):
        return name, ""
    initial = [each for each in named if each.startswith(name)] if len(name) == 1 else []
    if len(initial) == 1:
        return initial[0], ""
    off = name.removeprefix("no").removeprefix("_")
    if off in named and _is_switch(parameters[off]):
        return off, "False"
    if len(named) < len(parameters):  # a key of a config, which is checked later
        return name, ""
    raise UserError(f"{spelt}: no such option; {_hint(name, named, '--')}")


def _value(name: str, switch: str, left: list[str], parameters: Mapping[str, Parameter]) -> str:
    """The value of a flag: the next word, which is taken away, or that of a switch."""
    following = left[0] if left and not _FLAG.match(left[0]) else None
    if switch:
        return switch
    if name not in parameters:
        return "True" if following is None else left.pop(0)
    if _is_switch(parameters[name]):
        return left.pop(0) if following is not None and following.lower() in SWITCH else "True"
    if following is None:
        raise UserError(f"--{name}: expected a value; --{name}=-x is one that begins with a dash")
    return left.pop(0)


def _check_plain(
    path: str,
    parameters: Mapping[str, Parameter],
    options: Mapping[str, str],
    plain: Sequence[str],
) -> None:
    """Refuse words without a name that are too many or of another type, and what is missing."""
    taking = [
        one.name
        for one in parameters.values()
        if one.kind is one.POSITIONAL_OR_KEYWORD and one.name not in options
    ]
    more = [one.name for one in parameters.values() if _is_plain(one)]
    if "-" in plain:
        raise UserError("-: expected a name; ./- is a file that is called so")
    if len(plain) > len(taking) and not more:
        raise UserError(
            f"{plain[len(taking)]}: one word too many for {path}; put quotes around what has "
            "spaces, --help says what it takes"
        )
    for name, text in zip(taking, plain, strict=False):
        _check_value(name, text, parameters)
    given = {*options, *taking[: len(plain)]}
    missing = [
        f"--{one.name}"
        for one in parameters.values()
        if one.default is one.empty and one.name not in given
        if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    ]
    if missing:
        raise UserError(f"{path}: {' and '.join(missing)} missing; --help says what it takes")


def _check_value(name: str, text: str, parameters: Mapping[str, Parameter]) -> None:
    one = parameters.get(name)
    if one is None:
        return
    if not text and one.default != "":
        raise UserError(f"--{name}: {EMPTY}")
    if one.annotation is not one.empty:
        read(name, one.annotation, text)


def _is_plain(parameter: Parameter) -> bool:
    """Whether it takes any number of words without a name."""
    return parameter.kind is parameter.VAR_POSITIONAL


def _is_switch(parameter: Parameter) -> bool:
    return bool in members(parameter.annotation)


def _hint(name: str, known: Iterable[str], sign: str = "") -> str:
    known = list(known)
    close = difflib.get_close_matches(name.replace("-", "_") if sign else name, known, n=1)
    return f"did you mean {sign}{close[0]}?" if close else f"expected one of {', '.join(known)}"
