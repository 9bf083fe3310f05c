"""JSON files of a study that know their version and their own checksum."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engines.identity import digest
from ..errors import UserError
from ..files import read_object, write_json

_FORMAT, _CHECKSUM = "format", "sha256"  # keys: of the version, and of all else


def write_checked(path: Path, version: int, content: Mapping[str, Any]) -> Path:
    """Write plain containers with the version of their form; the path."""
    whole = {_FORMAT: version, **content}
    write_json(path, {_CHECKSUM: digest(whole), **whole})
    return path


def read_checked(path: Path, version: int, mend: str) -> dict[str, Any]:
    """What such a file holds.

    Args:
        path: of the file.
        version: that it has to be of.
        mend: what to do about one that cannot be taken.

    Raises:
        UserError: it is damaged, was changed since it was written, or is of another version.
    """
    found = read_object(path, mend)
    if found.get(_FORMAT) != version:
        raise UserError(f"{path}: of another version; {mend}")
    if found.pop(_CHECKSUM, None) != digest(found):
        raise UserError(f"{path}: damaged, or changed since it was written (SHA-256); {mend}")
    return found
