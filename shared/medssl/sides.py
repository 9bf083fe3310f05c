"""Which mirroring would turn one class into another, by the classes' names in English."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ENDS = {
    "x": ({"left", "l", "lh", "lt"}, {"right", "r", "rh", "rt"}),
    "y": ({"anterior", "ant", "front", "ventral"}, {"posterior", "post", "back", "dorsal"}),
    "z": ({"superior", "sup", "upper"}, {"inferior", "inf", "lower"}),
}


def sided_axes(names: Sequence[str]) -> dict[str, list[str]]:
    """Axes of a scan in RAS whose sides tell classes apart, each with the classes that say so.

    A side is a word of its own: ``left_lung``, ``KidneyRight``, ``lung_LT``; but ``vertebra_L4`` is
    a lumbar one, which a letter alone before a number may stand for. One is enough for
    ``x``, for what is left has a twin on the right, labelled or not. Of the others both must be
    there: no vein is taken for an inferior vena cava because the patient stands on their head.
    """
    words = {name: _words(name) for name in names}
    found = {}
    for axis, (low, high) in _ENDS.items():
        sided = [name for name in names if words[name] & (low | high)]
        both = all(any(words[name] & end for name in sided) for end in (low, high))
        if sided and (both or axis == "x"):
            found[axis] = sided
    return found


def _words(name: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    sides = re.sub(r"(?<![a-z])[lr](?=\d)", "", apart.lower())
    return set(re.split(r"[\W_\d]+", sides))
