"""A kind of input: a good example, how it is damaged, and what reads it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

IN, OUT = "in", "out"  # of a case: what is read, and the one folder that may be written to


class Damage(NamedTuple):
    """Bytes that were changed, and what was done to them."""

    what: str
    content: bytes


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
        named: whether a refusal has to name the damaged file; else a key or an option.
        kept: whether ``use`` leaves its input as it is.
        program: whether it is one, so that one line on any error is all that can be asked for.
        note: what else is to be said on the page.
    """

    name: str
    make: Callable[[Path], object]
    use: Use
    damage: Mapping[str, Damager]
    count: int
    unseen: Mapping[str, str] = field(default_factory=dict)
    named: bool = True
    kept: bool = True
    program: bool = False
    note: str = ""

    def reason(self, what: str) -> str:
        """Why nobody can see that this was done; nothing where one can."""
        return next((why for name, why in self.unseen.items() if what.startswith(name)), "")


def damage_one(kind: Kind, folder: Path, rng: random.Random) -> tuple[Path, str]:
    """Damage one file of a copy of the example; returns which, and what was done."""
    patterns = [(pattern, damager) for pattern, damager in kind.damage.items()]
    pattern, damager = rng.choice(patterns)
    path = rng.choice(sorted(path for path in folder.glob(pattern) if path.is_file()))
    content = path.read_bytes()
    while True:
        damage = damager(rng, content)
        if damage.content != content:
            path.write_bytes(damage.content)
            return path, damage.what
