"""A kind of input: a good example, how it is damaged, and what reads it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

IN, OUT = "in", "out"  # of a case: what is read, and the one folder that may be written to
HOME, TEMPORARY = "home", "tmp"  # of a case: empty before and after, whatever was in between
# An absolute path that leads into the case, where it is watched: a case is worked on from within.
ABSOLUTE = "/proc/self/cwd/outside"

Place = tuple[str | int, ...]  # keys and indices that lead to a part of a tree


class Damage(NamedTuple):
    """Bytes that were changed, what was done to them, where in what they mean, text put there."""

    what: str
    content: bytes
    places: tuple[Place, ...] = ()
    text: str = ""


class Damaged(NamedTuple):
    """A file of a case, and what was done to it."""

    path: Path
    what: str
    places: tuple[Place, ...] = ()
    text: str = ""


Damager = Callable[[random.Random, bytes], Damage]
Use = Callable[[Path], object]


@dataclass(frozen=True)
class Kind:
    """One kind of input.

    Attributes:
        name: as ``--only`` and the page have it.
        make: fills a folder with a good example, once.
        use: reads the damaged copy; works in ``OUT`` beside it; returns plain content that is
            equal where the result is.
        damage: by pattern of the files below the folder, one of which is damaged: how.
        count: inputs of a whole campaign.
        unseen: what was done, by the beginning of its name, to reasons why no check can notice it.
        named: whether a refusal has to name the damaged file; else one that names neither that
            nor the damaged key is counted apart.
        whole: names of what the damaged file is a part of, such as the series of a slice.
        kept: whether ``use`` leaves its input as it is.
        program: whether it is one, so that one line on any error is all that can be asked for.
        early: whether what is damaged is read by MONAI before anything of medssl is imported.
        note: what else is to be said on the page.
    """

    name: str
    make: Callable[[Path], object]
    use: Use
    damage: Mapping[str, Damager]
    count: int
    unseen: Mapping[str, str] = field(default_factory=dict)
    named: bool = True
    whole: tuple[str, ...] = ()
    kept: bool = True
    program: bool = False
    early: bool = False
    note: str = ""

    def reason(self, what: str) -> str:
        """Why nobody can see that this was done; nothing where one can."""
        return next((why for name, why in self.unseen.items() if what.startswith(name)), "")

    @property
    def countable(self) -> bool:
        """Whether silent damage can be told from what no check can notice."""
        return "" not in self.unseen


def damage_one(kind: Kind, folder: Path, rng: random.Random) -> Damaged:
    """Damage one file of a copy of the example."""
    patterns = [(pattern, damager) for pattern, damager in kind.damage.items()]
    pattern, damager = rng.choice(patterns)
    path = rng.choice(sorted(path for path in folder.glob(pattern) if path.is_file()))
    content = path.read_bytes()
    while True:
        damage = damager(rng, content)
        if damage.content != content:
            path.write_bytes(damage.content)
            return Damaged(path, damage.what, *damage[2:])
