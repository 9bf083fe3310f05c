"""Paths in configurations, kept from what fire and MONAI's parser make of them.

Fire reads ``2024`` and ``1e3`` as numbers, ``a,b`` as a tuple, ``a#b`` as ``a`` with a comment;
MONAI's parser takes ``#`` in any text for its separator ``::``. A path is none of these.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Keys of the bundles whose value is a path, or a file's name.
PATHS = (
    *("bundle_root", "output_dir", "dataset_dir", "model", "pretrained", "report_dir"),
    *("candidates", "annotations", "excluded", "points", "regions", "table"),
)
_CONFIG = ("$", "@", "%")  # how expressions, references and macros begin
_READ_BY_MONAI = ("#", "@", "%")


def unreadable(words: Iterable[str]) -> str:
    """Why the libraries cannot open files that are called so; nothing where they can.

    Args:
        words: of the command line, which may be paths; the current folder is looked at, too.
    """
    return misread((str(Path.cwd()), *words))


def misread(names: Iterable[str]) -> str:
    """Why the libraries cannot open files of these names; nothing where they can.

    ITK, Blosc2 and torch write names as UTF-8, whatever Python reads them as.
    """
    encoding = sys.getfilesystemencoding()
    wrong = next((name for name in names if not _is_read(name, encoding)), None)
    if wrong is None:
        return ""
    if encoding == "utf-8":
        return f"{wrong}: a name that is not in UTF-8; rename it"
    return (
        f"names of files are read as {encoding} here, and some have other letters than ASCII; set "
        "PYTHONUTF8=1, or a locale such as C.UTF-8"
    )


def legible(name: str) -> str:
    """A name as text that any stream takes; bytes that are no UTF-8 stand as ``\\xe4``."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_read(name: str, encoding: str) -> bool:
    """Python puts surrogates in the place of bytes that it cannot read."""
    if name.isascii() or encoding != "utf-8":
        return name.isascii()
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def as_written(key: str, value: Any, text: str | None = None) -> Any:
    """What MONAI's parser resolves to the value meant; the value itself where it does so already.

    Args:
        key: of the configuration; those of ``PATHS`` are text, if not null.
        value: as JSON or fire reads it.
        text: as it was typed, if it was.
    """
    if key in PATHS and value is not None and not isinstance(value, str | bool):
        return _literal(str(value) if text is None else text)
    if not isinstance(value, str):
        return value
    cut = text is not None and "#" in text and "#" not in value  # fire has read a comment
    return _literal(text if cut and text else value)


def _literal(text: str) -> str:
    if "#" not in text or text.startswith(_CONFIG):
        return text
    escaped = repr(text)
    for sign in _READ_BY_MONAI:
        escaped = escaped.replace(sign, f"\\x{ord(sign):02x}")
    return f"${escaped}"
