"""What an error came of, read alike from exceptions and from what a worker's process sends."""

from __future__ import annotations

import ast
import os
import re
from typing import NamedTuple

# A loader's worker sends the traceback of its error as text, a pool's worker as a cause.
_SENT = re.compile(r"^Caught \w+ .*\.\nOriginal (?=\S)", re.MULTILINE)
_OF_POOL = '"""\n'
_FROM = "The above exception was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception, another exception occurred:"
_BETWEEN = re.compile(rf"\n\n({_FROM}|{_MEANWHILE})\n\n")
# All lines above it are indented, and so is a group's.
_MESSAGE = re.compile(r"^(?:  \| )?([\w<>][\w.<>]*)(?:: (.*)|\n.*|)\Z", re.MULTILINE | re.DOTALL)
_OF_FILE = re.compile(
    r"""\[Errno -?\d+\] (.*?): (b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*")(?: -> .*)?"""
)


class Cause(NamedTuple):
    """An error by its name, as a traceback has it, and its message."""

    name: str
    text: str

    @property
    def of_file(self) -> str:
        """File and fault where the system has refused a file; else nothing."""
        found = _OF_FILE.fullmatch(self.text)
        try:
            return f"{os.fsdecode(ast.literal_eval(found[2]))}: {found[1]}" if found else ""
        except (SyntaxError, ValueError):  # no name that Python has quoted
            return ""


def causes_of(error: BaseException) -> list[list[Cause]]:
    """An error and what it was raised from, then those that were merely being handled meanwhile.

    Returns:
        Chains, the one raised last first. Each begins with what was raised last and ends with its
        root: ``raise ... from ...`` leads on in a chain, an ``except`` at work to the next one.
    """
    chains: list[list[Cause]] = [[]]
    current: BaseException | None = error
    while current is not None:
        own, *others = _chains_in(current)
        chains[-1] += own
        chains += others
        cause, context = current.__cause__, current.__context__
        if cause is None and context is not None and not current.__suppress_context__:
            chains.append([])
            cause = context
        current = cause
    return chains


def name_of(kind: type[BaseException]) -> str:
    """The name that a traceback has for such errors."""
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def _chains_in(error: BaseException) -> list[list[Cause]]:
    """The error alone, or those of which it holds the tracebacks as text."""
    text = str(error).strip()
    if sent := _SENT.search(text):
        return _chains_sent(text[sent.end() :])
    if text.startswith(_OF_POOL):
        return _chains_sent(text.strip('"'))
    return [[Cause(name_of(type(error)), text)]]


def _chains_sent(text: str) -> list[list[Cause]]:
    *above, last = _BETWEEN.split(text)
    chains = [[_raised(last)]]
    for link, block in zip(above[::-2], above[-2::-2], strict=True):
        if link == _MEANWHILE:
            chains.append([])
        chains[-1].append(_raised(block))
    return chains


def _raised(block: str) -> Cause:
    """The error of a traceback, of which nothing but its beginning is indented less."""
    found = _MESSAGE.search(block.strip("\n"))
    return Cause(found[1], (found[2] or "").strip()) if found else Cause("Exception", block.strip())
