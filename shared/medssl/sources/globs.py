"""Glob patterns of scans, relative to their folder."""

from __future__ import annotations

import re

# ``*`` and ``?`` stay inside one name, ``**`` crosses folders.
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def translate(pattern: str, first: bool = False) -> re.Pattern[str]:
    """A glob pattern as a regular expression whose group ``id`` is the last (or first) asterisk."""
    pieces = _pieces(pattern)
    stars = [place for place, piece in enumerate(pieces) if piece.startswith("*")]
    single = [place for place in stars if pieces[place] == "*"]
    chosen = (single or stars)[0] if first else stars[-1]
    parts = [_WILD.get(piece, re.escape(piece)) for piece in pieces]
    parts[chosen] = f"(?P<id>{parts[chosen]})"
    return re.compile("".join(parts))


def translate_all(pattern: str) -> re.Pattern[str]:
    """A glob pattern as a regular expression with a group for each of its wildcards."""
    parts = [f"({_WILD[p]})" if p in _WILD else re.escape(p) for p in _pieces(pattern)]
    return re.compile("".join(parts))


def _pieces(pattern: str) -> list[str]:
    return re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./").rstrip("/"))
