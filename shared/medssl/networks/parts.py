"""The parts of a network that are handed over, and the words that ask for them."""

from __future__ import annotations

PARTS = ("encoder", "decoder")
ALL = ("auto", "shared")  # those that fit, or those that both networks have
EXPECTED = f"{', '.join(ALL)} or a list out of {', '.join(PARTS)}, such as [{PARTS[0]}]"


def parts_asked(asked: object) -> tuple[str, ...]:
    """The parts that ``transfer_parts`` asks for, in a list or alone; () where it asks for none."""
    if asked in ALL:
        return PARTS
    names = asked if isinstance(asked, list | tuple) else (asked,)
    return tuple(names) if all(name in PARTS for name in names) else ()
