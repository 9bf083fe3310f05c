"""What JSON of ours has to look like, and where a file does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import UserError

NUMBER = (int, float)  # NaN and infinity are numbers here
TEXT_OR_NOTHING = (str, type(None))
_SHOWN = 40
_RUN, COMPONENT = ("$", "%"), "_target_"  # of MONAI's configs
_CALLED = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def misfit(content: Any, form: Any, place: str = "") -> str:
    """Where content is not of a form, or nothing where it is.

    Args:
        content: of a JSON file.
        form: a type, or a tuple of types of which any will do (true is no number); ``[form]`` for
            a list of any length; ``{str: form}`` for an object with any keys; ``{"key": form}`` for
            an object that has these keys or not, and may have others.
        place: of the content in its file, for the message.

    Returns:
        One line, such as ``run.seed: 'abc', expected a whole number``.
    """
    if isinstance(form, list):
        inner = ((f"{place}[{n}]", each) for n, each in enumerate(_items(content)))
        return _wrong(content, (list,), place) or _first(inner, form[0])
    if isinstance(form, dict) and str in form:
        every = ((_join(place, key), each) for key, each in _pairs(content))
        return _wrong(content, (dict,), place) or _first(every, form[str])
    if isinstance(form, dict):
        there = [key for key in form if key in dict(_pairs(content))]
        found = (misfit(content[key], form[key], _join(place, key)) for key in there)
        return _wrong(content, (dict,), place) or next(filter(None, found), "")
    return _wrong(content, form if isinstance(form, tuple) else (form,), place)


def check_form(content: Any, form: Any, where: object, mend: str) -> None:
    """Refuse content that is not of a form.

    Args:
        content: of a JSON file.
        form: see :func:`misfit`.
        where: the file, for the message.
        mend: what to do about it.

    Raises:
        UserError: naming the place in the file, and what was expected there.
    """
    if fault := misfit(content, form):
        raise UserError(f"{where}: damaged ({fault}); {mend}")


def code_in(content: Any, place: str = "") -> str:
    """Where MONAI's parser would run, call or read in what stands there, or nothing.

    Args:
        content: of a JSON file, which is to be read and not run.
        place: of the content in its file.
    """
    left = [(place, content)]
    while left:  # however deeply it is nested
        where, found = left.pop()
        if isinstance(found, str) and found.startswith(_RUN):
            return where
        if isinstance(found, Mapping) and COMPONENT in found:
            return _join(where, COMPONENT)
        inner = [(_join(where, key), each) for key, each in _pairs(found)]
        inner += [(f"{where}[{n}]", each) for n, each in enumerate(_items(found))]
        left += reversed(inner)
    return ""


def _items(content: Any) -> Iterable[Any]:
    return content if isinstance(content, list) else ()


def _pairs(content: Any) -> Iterable[tuple[str, Any]]:
    return content.items() if isinstance(content, Mapping) else ()


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _first(inner: Iterable[tuple[str, Any]], form: Any) -> str:
    return next(filter(None, (misfit(each, form, place) for place, each in inner)), "")


def _wrong(content: Any, types: tuple[type, ...], place: str) -> str:
    """What is said of content of another type."""
    of_type = isinstance(content, types) and (bool in types or not isinstance(content, bool))
    if of_type:
        return ""
    expected = " or ".join(_CALLED[kind] for kind in types if not (kind is int and float in types))
    shown = _CALLED[type(content)] if isinstance(content, list | dict) else repr(content)[:_SHOWN]
    return f"{place or 'it'}: {shown}, expected {expected}"
