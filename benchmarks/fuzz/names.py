"""Whether a line names what is damaged."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .kind import Damaged, Place


def named(line: str, damaged: Damaged, whole: tuple[str, ...] = ()) -> bool:
    """Whether a line names the damaged file or key, or what it is a part of.

    That is an item of a config, or what the kind of input says. A path that leads nowhere is named
    by itself, ahead of what is wrong.

    Args:
        line: of a refusal.
        damaged: file, and the keys in it.
        whole: names of what the file is a part of.
    """
    files, keys = [damaged.path.name, damaged.path.stem], map(_key, damaged.places)
    if _has(line, [*files, *whole], "") or _has(line, keys, "/"):
        return True
    if damaged.text.strip() and re.search(rf"(?:^|/){re.escape(damaged.text)}: ", line):
        return True
    items = {item for place in damaged.places for item in _items(place)}
    return any(f"(in {item} of a config" in line for item in items)


def _has(line: str, words: Iterable[str], before: str) -> bool:
    """A word that stands alone, and not in front of what lies in it."""
    either = "|".join(map(re.escape, filter(None, words)))
    return bool(either and re.search(rf"(?<![\w{before}])(?:{either})(?![\w/#])", line))


def _key(place: Place) -> str:
    """The last key, which is no index of a list."""
    return next((part for part in reversed(place) if isinstance(part, str)), "")


def _items(place: Place) -> list[str]:
    return ["#".join(map(str, place[:length])) for length in range(1, len(place) + 1)]
