"""The pattern that tells scans from what else lies beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from .globs import translate


def pattern_of(names: Sequence[str], others: Sequence[str]) -> str:
    """A glob pattern of all ``names`` and none of the ``others``, as ``--images`` takes it.

    For folders of one depth with a file of one name each, such as ``*/ct.nii.gz``, or for file
    names of one ending, such as ``*_ct.nii.gz``.

    Args:
        names: of scans, relative to their folder, with ``/``.
        others: names of what is no scan.

    Returns:
        The pattern; empty where there is none.
    """
    paths = [PurePosixPath(name) for name in names]
    depths = {len(path.parts) - 1 for path in paths}
    if len(depths) != 1:
        return ""
    files = [path.name for path in paths]
    ending = files[0] if len(set(files)) == 1 else _ending(files)
    pattern = "*/" * depths.pop() + (ending if ending in files else f"*{ending}")
    if "*" not in pattern or any(sign in ending for sign in "*?"):
        return ""
    rule = translate(pattern)
    taken = [name for name in others if rule.fullmatch(name)]
    same_id = len({rule.fullmatch(name)["id"] for name in names}) < len(names)  # type: ignore[index]
    return "" if taken or same_id else pattern


def _ending(files: Sequence[str]) -> str:
    """What all names end with, from a sign on: ``_ct.nii`` of ``11_ct.nii`` and ``21_ct.nii``."""
    shortest = min(map(len, files))
    same = next((n for n in range(shortest, 0, -1) if len({f[-n:] for f in files}) == 1), 0)
    found = re.search(r"[^a-zA-Z0-9].*", files[0][len(files[0]) - same :])
    return found[0] if found else ""
