"""Damage to zip archives: their bytes, or what their directory says of an entry."""

from __future__ import annotations

import io
import random
import stat
import zipfile

from .kind import ABSOLUTE, Damage
from .of_bytes import damage_bytes

_NAMES = (
    *("../../../outside", ABSOLUTE, "a\\..\\..\\outside", "C:/outside", "", ".", "..", "x" * 300),
    *("other/configs/metadata.json", "\x00", "a//b/../../../outside", "é"),
)


def damage_zip(rng: random.Random, content: bytes) -> Damage:
    """Half of the time bytes, from the front or from the directory at the end."""
    if rng.random() < 0.25:
        return damage_bytes(rng, content)
    if rng.random() < 0.35:
        place = content.rfind(b"PK\x05\x06") if rng.random() < 0.3 else content.find(b"PK\x01\x02")
        damage = damage_bytes(rng, content[place:])
        return Damage(f"directory, {damage.what}", content[:place] + damage.content)
    what = rng.choice(("name", "link", "left out", "twice", "content", "swells", "name too"))
    return Damage(f"entry: {what}", _rewritten(rng, content, what))


def _rewritten(rng: random.Random, content: bytes, what: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        entries = old.infolist()
        chosen = rng.choice(entries)
        for entry in entries:
            data = old.read(entry)
            if entry is not chosen:
                new.writestr(entry, data)
                continue
            if what.startswith("name"):
                entry.filename = rng.choice(_NAMES)
            elif what == "link":
                entry.external_attr, data = (stat.S_IFLNK | 0o777) << 16, ABSOLUTE.encode()
            elif what == "content":
                data = damage_bytes(rng, data).content
            elif what == "swells":
                data = bytes(200 << 20)
            if what in ("twice", "name too"):
                new.writestr(entry, data)
            if what != "left out":
                anew = zipfile.ZipInfo(entry.filename)
                anew.external_attr = entry.external_attr  # which says that it is a link
                new.writestr(anew, data, zipfile.ZIP_DEFLATED)
    return written.getvalue()
