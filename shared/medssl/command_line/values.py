"""What a word of the command line stands for, by the annotation of its parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from fire.parser import DefaultParseValue

from ..errors import UserError

_NOTHING = ("None", "null")
SWITCH = {"true": True, "false": False}
_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "no value, true or false",
    tuple[int, ...]: "whole numbers such as 64,64,32",
    tuple[float, ...]: "numbers such as 0.5,0.25,0.25",
    tuple[tuple[float, ...], ...]: "several such as [[1,1,2],[1,1,1]]",
}


def read(name: str, hint: Any, text: str) -> Any:
    """The value that a word means.

    What may be text is kept as it was typed, unless it may be a number or a list, too, and is one.

    Args:
        name: of the parameter, for the message.
        hint: its annotation: str, int, float, bool, tuple or list of these, or a union.
        text: the word.

    Raises:
        UserError: it is nothing that the parameter takes.
    """
    kinds = members(hint)
    others = [kind for kind in kinds if kind not in (str, NoneType)]
    if str not in kinds and NoneType in kinds and text in _NOTHING:
        return None
    for kind in others:
        value = _literal(text, kind)
        if _fits(value, kind):
            return tuple(value) if get_origin(kind) is tuple else value
    if str in kinds:
        return text
    expected = " or ".join(_WORDS[kind] for kind in others)
    raise UserError(f"--{name}: {text}, expected {expected}")


def members(hint: Any) -> Sequence[Any]:
    """The types that a union allows, and any other type alone."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _literal(text: str, kind: Any) -> Any:
    """What fire makes of the word; a list of text has to look like one, as names hold commas."""
    if kind is bool:
        return SWITCH.get(text.lower())
    if get_origin(kind) is list and not text.startswith("["):
        return text
    try:
        return DefaultParseValue(text)
    except (MemoryError, RecursionError):  # brackets without end
        return text


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if get_origin(kind) is not None:
        inner = get_args(kind)[0]
        return isinstance(value, tuple | list) and all(_fits(each, inner) for each in value)
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, kind)
