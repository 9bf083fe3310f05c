"""Words of a command line that hold several."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UserError


def several(flag: str, text: str, same: Callable[[str], str] = str) -> list[str]:
    """Names with commas between them.

    Args:
        flag: that was given, for messages.
        text: behind it.
        same: of two names for one thing it makes one.

    Raises:
        UserError: an empty name, or one thing twice.
    """
    names = text.split(",")
    if not all(name.strip() for name in names):
        raise UserError(
            f"{flag}: {text!r} has an empty name; expected names with one comma between"
        )
    known: dict[str, str] = {}
    for name in names:
        if (first := known.get(same(name))) is not None:
            again = name if name == first else f"{name} is {first}, which"
            raise UserError(f"{flag}: {again} is there twice; name it once")
        known[same(name)] = name
    return names
