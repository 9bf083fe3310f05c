"""Damage to files with a header of text or of numbers in front of voxels."""

from __future__ import annotations

import random
import re

from .kind import Damage
from .of_bytes import damage_bytes

_TEXT = re.compile(rb"^([A-Za-z][\w ]*)(\s*=\s*|: ?|:=)(.*)$", re.MULTILINE)
_VALUES = (
    *(b"", b"nan", b"-1", b"0", b"1e30", b"999999999", b"text", b"0 0 0", b"1 1", b"4294967296"),
    *(b"1 2 3 4 5 6 7 8 9", b"True", b"../../x.raw", b"/dev/zero", b"x" * 100_000),
)


def damage_header(rng: random.Random, content: bytes) -> Damage:
    """Half of the time bytes; else a line ``key = value`` of a header of text, if there is one."""
    lines = list(_TEXT.finditer(content[:4000]))
    if not lines or rng.random() < 0.5:
        return damage_bytes(rng, content)
    line = rng.choice(lines)
    key, value = line[1].decode("latin-1"), rng.choice(_VALUES)
    if rng.random() < 0.25:
        return Damage(f"header: no {key}", content[: line.start()] + content[line.end() + 1 :])
    changed = line[1] + line[2] + value
    shown = value[:20].decode()
    return Damage(
        f"header: {key} {shown}", content[: line.start()] + changed + content[line.end() :]
    )
