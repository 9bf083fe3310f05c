"""How objects become a command line."""

from __future__ import annotations

import contextlib
import difflib
import inspect
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import fire
from fire.parser import DefaultParseValue

from . import __version__
from .errors import DEBUG, UserError, chain, one_line
from .paths import PATHS

# Fire keeps what it knows of a method in an attribute of the method, and offers attributes of a
# public name as commands.
fire.decorators.FIRE_METADATA = "_fire_metadata"

_FLAG = re.compile(r"--?([a-zA-Z][\w-]*)(=.*)?", re.DOTALL)
_Method = TypeVar("_Method", bound=Callable[..., Any])


def run_commands(commands: object, name: str) -> None:
    """Offer an object's methods as commands; bad input ends in one line and exit status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    if _asks_version(commands, sys.argv[1:]):
        print(name, __version__)
        return
    try:
        keep_text(commands)
        check_flags(commands, sys.argv[1:])
        with _help_is_output(sys.argv[1:]):
            fire.Fire(commands, name=name)
    except Exception as error:
        # MONAI wraps what a config's components raise; the message is still the user's.
        if os.environ.get(DEBUG) or not any(isinstance(item, UserError) for item in chain(error)):
            raise
        sys.exit(f"medssl: {one_line(error)}")


def _asks_version(commands: object, words: Sequence[str]) -> bool:
    """Whether the last word asks for it, of a command that has no option of that name itself."""
    command, _ = _command_of(commands, words)
    own = inspect.signature(command).parameters if callable(command) else ()
    return list(words[-1:]) == ["--version"] and "version" not in own


@contextlib.contextmanager
def _help_is_output(words: Sequence[str]) -> Iterator[None]:
    """What was asked for goes to standard output, with status 0; fire makes an error of it."""
    if not {"--help", "-h"} & set(words):
        yield
        return
    with contextlib.redirect_stderr(sys.stdout):
        try:
            yield
        except fire.core.FireExit:
            sys.exit(0)


def takes(text: Sequence[str] = (), others: Sequence[str] = ()) -> Callable[[_Method], _Method]:
    """Say which options a command's ``**options`` may hold.

    Args:
        text: parameters and options whose value is text, whatever it looks like: fire would make a
            number of ``2024_01`` and a list of ``a,b``.
        others: further options.
    """

    def decorate(method: _Method) -> _Method:
        method.__dict__["_options"] = (*text, *others)
        decorated: _Method = fire.decorators.SetParseFn(str, *text)(method)
        return decorated

    return decorate


def keep_text(commands: object) -> None:
    """Let fire read no parameter as a number or a list that is annotated as text.

    Of ``str | list[str]`` what begins with ``[`` is a list. Options of a config that are paths are
    text too.

    Args:
        commands: object whose methods are the commands, or whose attributes have such methods.
    """
    for _, method in inspect.getmembers(type(commands), inspect.isfunction):
        parameters = inspect.signature(method).parameters.values()
        texts = [one.name for one in parameters if _is_text(one)]
        lists = [one.name for one in parameters if "list[" in str(one.annotation)]
        others = [one.name for one in parameters if one.name not in texts]
        if any(one.kind is one.VAR_POSITIONAL and _is_text(one) for one in parameters):
            fire.decorators.SetParseFn(str)(method)  # of what has no name
            fire.decorators.SetParseFn(DefaultParseValue, *others)(method)
        keys = PATHS if any(one.kind is one.VAR_KEYWORD for one in parameters) else ()
        if named := (*texts, *keys):  # given none, fire would read everything so
            fire.decorators.SetParseFn(str, *named)(method)
        if text_lists := [name for name in texts if name in lists]:
            fire.decorators.SetParseFn(_text_or_list, *text_lists)(method)
    for inner in vars(commands).values():
        if hasattr(inner, "__dict__"):
            keep_text(inner)


def _is_text(parameter: inspect.Parameter) -> bool:
    return "str" in re.findall(r"\w+", str(parameter.annotation))


def _text_or_list(text: str) -> Any:
    return DefaultParseValue(text) if text.startswith("[") else text


def check_flags(commands: object, words: Sequence[str]) -> None:
    """Refuse a flag that the command does not take, before anything runs.

    Args:
        commands: object whose methods are the commands.
        words: of the command line, without the program's name.

    Raises:
        UserError: a misspelt flag; the message names the nearest one.
    """
    command, rest = _command_of(commands, words)
    if not callable(command):
        return
    parameters = inspect.signature(command).parameters.values()
    named = [one.name for one in parameters if one.kind is not one.VAR_KEYWORD]
    said = () if len(named) == len(parameters) else getattr(command, "_options", None)
    if said is None:  # keys of a config, which is checked later
        return
    known = list(dict.fromkeys([*named, *said]))
    for word in rest[: rest.index("--")] if "--" in rest else rest:
        flag = _FLAG.fullmatch(word)
        if flag and not _is_known(flag[1].replace("-", "_"), named, known):
            spelt = word.partition("=")[0]
            raise UserError(f"{spelt}: no such option; {_hint(flag[1], known)}")


def _command_of(commands: object, words: Sequence[str]) -> tuple[object, list[str]]:
    """The command that the first words name, None where there is none, and the words after it."""
    command, rest = commands, list(words)
    while rest and not callable(command) and not rest[0].startswith("-"):
        command = getattr(command, rest.pop(0).replace("-", "_"), None)
    return command, rest


def _is_known(name: str, named: Sequence[str], known: Sequence[str]) -> bool:
    """Whether fire understands it: in full, as ``no<name>``, or by an initial of one parameter."""
    if len(name) == 1:
        return name == "h" or sum(option[0] == name for option in named) == 1
    return name in (*known, "help") or name.removeprefix("no") in known


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
    return f"did you mean --{close[0]}?" if close else f"expected one of {', '.join(known)}"
