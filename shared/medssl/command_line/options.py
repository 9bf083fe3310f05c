"""Parameters of commands with their types, for fire's own reading and for its help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

import fire
from fire.parser import DefaultParseValue

from ..paths import PATHS
from .values import members, read

# Fire keeps what it knows of a method in an attribute of the method, and offers attributes of a
# public name as commands.
fire.decorators.FIRE_METADATA = "_fire_metadata"

_Method = TypeVar("_Method", bound=Callable[..., Any])


class Option(NamedTuple):
    """An option that several commands take.

    Attributes:
        hint: its type.
        default: what holds where it is not given.
        doc: its line in the help.
    """

    hint: Any
    default: Any
    doc: str


def takes(**options: Option) -> Callable[[_Method], _Method]:
    """Say which options a command's ``**options`` hold; its help names them as it does its own.

    Only those that are given reach the command.
    """

    def decorate(method: _Method) -> _Method:
        signature = inspect.signature(method, eval_str=True)
        own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        more = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=one.default, annotation=one.hint)
            for name, one in options.items()
        ]
        lines = [f"    {name}: {one.doc}" for name, one in options.items()]
        method.__dict__["__signature__"] = signature.replace(parameters=[*own, *more])
        method.__doc__ = "\n".join([inspect.cleandoc(method.__doc__ or ""), *lines])
        return method

    return decorate


def commands_in(commands: object) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words: the methods of an object, and of its attributes."""
    for name, command in inspect.getmembers(commands):
        if name.startswith("_"):
            continue
        if callable(command):
            yield (name,), command
        elif hasattr(command, "__dict__"):
            yield from (((name, *words), inner) for words, inner in commands_in(command))


def set_types(commands: object) -> None:
    """Let fire read every word by the type of its parameter.

    Paths among the options of a config, whose types nobody knows here, are text.
    """
    for _, command in commands_in(commands):
        method = command.__func__
        signature = inspect.signature(method, eval_str=True)
        named: dict[str, Callable[[str], Any]] = {}
        for one in signature.parameters.values():
            reader = partial(read, one.name, one.annotation)
            if one.kind is one.VAR_POSITIONAL:  # fire reads them as it does what has no name
                fire.decorators.SetParseFn(reader)(method)
            elif one.kind is one.VAR_KEYWORD:
                named |= dict.fromkeys(PATHS, str)
            elif one.annotation is not one.empty:
                named[one.name] = reader
            else:
                named[one.name] = DefaultParseValue
        fire.decorators.SetParseFns(**named)(method)


def described(command: Callable[..., Any]) -> Callable[..., Any]:
    """Stands in for a command where fire makes its help, with types as they are typed."""

    def shown() -> None: ...

    signature = inspect.signature(command, eval_str=True)
    named = [one.replace(annotation=_shown(one)) for one in signature.parameters.values()]
    shown.__dict__["__signature__"] = signature.replace(parameters=named)
    shown.__doc__ = command.__doc__
    return shown


class _Name(str):
    """A type's name; fire shows the representation of what has no name."""

    __slots__ = ()
    __repr__ = str.__str__


def _shown(parameter: Parameter) -> Any:
    """The type's name without the None that fire's help says itself, and that no one can type."""
    if parameter.annotation is parameter.empty:
        return parameter.annotation
    kinds = [kind for kind in members(parameter.annotation) if kind is not NoneType]
    return _Name(" | ".join(map(_name, kinds)))


def _name(kind: Any) -> str:
    if get_origin(kind) is None:
        return str(getattr(kind, "__name__", kind))
    inner = _name(get_args(kind)[0])
    return f"[{inner},...]" if get_origin(kind) is list else f"{inner},{inner},..."
