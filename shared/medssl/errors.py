"""The one exception a user is meant to read, and how to put any exception in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

# A loader's worker sends the traceback of its error as text; the root cause is its first message.
_SENT = "Original Traceback (most recent call last):"
_MESSAGE = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$", re.MULTILINE)

DEBUG = "MEDSSL_DEBUG"


class UserError(Exception):
    """Bad input: one line that names the file or key, what was expected and how to mend it.

    The command line prints the message alone and exits with status 1; set ``MEDSSL_DEBUG=1``
    to see the traceback as well.
    """


class InfeasibleError(UserError):
    """Settings that ask for more than the data hold, such as more positives than there are."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what caused it, outermost first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def one_line(error: BaseException) -> str:
    """The message a user should read: of the innermost UserError, else of the root cause."""
    errors = list(chain(error))
    for item in reversed(errors):
        text = str(item)
        if "UserError: " in text:  # raised in a loader's worker, which sends its traceback as text
            return text.rsplit("UserError: ", 1)[1].strip().splitlines()[0]
        if isinstance(item, UserError):
            return text
    root = errors[-1]
    if isinstance(root, OSError) and root.strerror and root.filename:
        return f"{os.fsdecode(root.filename)}: {root.strerror}"
    kind, text = type(root).__name__, str(root).strip()
    if _SENT in text and (sent := _MESSAGE.search(text.split(_SENT, 1)[1])):
        kind, text = sent[1].rsplit(".", 1)[-1], sent[2] or ""
    first = text.splitlines()[0] if text else ""
    if kind == "MemoryError":
        return f"not enough memory ({first or 'for what was asked'})"
    return f"{kind}: {first}"


def told(error: BaseException) -> str:
    """:func:`one_line`, with the way to more where nobody foresaw the error."""
    foreseen = "UserError: " in str(error) or any(isinstance(it, UserError) for it in chain(error))
    return one_line(error) if foreseen else f"{one_line(error)} ({DEBUG}=1 shows where)"
