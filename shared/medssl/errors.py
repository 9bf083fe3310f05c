"""The one exception a user is meant to read, and how to put any exception in one line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence

from .causes import Cause, causes_of, name_of
from .config_items import item_of

# What MONAI says of a part of a config that it could not make, ahead of the cause.
_COMPONENT = re.compile(r"Failed to instantiate component '([^']+)'")

# What torch says where a loader's worker is gone, or cannot hand over what it has read.
_KILLED = re.compile(r"DataLoader worker \(pid.*?\) (?:is killed by signal: ([\w ]+)|exited)")
_NO_SHARED_MEMORY = re.compile(r"Bus error|/torch_\d+.*No space left|allocate shared memory")
# A semaphore, which lies there too, names no file.
_NO_ROOM = re.compile(r"\[Errno 28\] No space left on device$")
_SHARED, _LEAST = "/dev/shm", 1 << 20  # nosec B108
_LONGEST = 1000  # characters of a message
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")

DEBUG = "MEDSSL_DEBUG"
# What is wrong with an option of no text, which stood for a value.
EMPTY = "empty, expected a value; is a variable of the shell not set?"


class UserError(Exception):
    """Bad input: one line that names the file or key, what was expected and how to mend it.

    The command line prints the message alone and exits with status 1; set ``MEDSSL_DEBUG=1``
    to see the traceback as well.
    """


class UnwritableError(UserError):
    """Results cannot be written where they should go, whatever they are of."""


class InfeasibleError(UserError):
    """Settings that ask for more than the data hold, such as more positives than there are."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what caused it, outermost first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def one_line(error: BaseException) -> str:
    """The message a user should read: of the outermost UserError, else of the root cause.

    What was raised for itself while another error was being handled does not come of that one.
    A process that loads data and this one tell the same.
    """
    chains = causes_of(error)
    if text := _foreseen(chains):
        return text
    root = next((links[-1] for links in chains if links[-1].text), chains[0][-1])
    if text := root.of_file:
        return text
    kind, first = root.name.rsplit(".", 1)[-1], next(iter(root.text.splitlines()), "")
    errors = list(chain(error))
    if item := item_of(errors):
        made = next(filter(None, map(_COMPONENT.match, map(str, reversed(errors)))), None)
        first = f"{first} (in {item} of a config{f': {made[1]}' if made else ''})"
    if kind == "MemoryError":
        return f"not enough memory ({first or 'for what was asked'})"
    return f"{kind}: {first}"


def readable(text: str) -> str:
    """A message as one line of which the middle is left out where nobody would read it.

    What files, options and servers say, and it quotes, may be a page long, break lines or hold
    letters that a terminal obeys.
    """
    line = _CONTROLS.sub("?", " ".join(text.splitlines()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 300]} ... {line[-200:]}"


def told(error: BaseException) -> str:
    """:func:`one_line`, with the way to more where nobody foresaw the error."""
    line = readable(one_line(error))
    return line if _foreseen(causes_of(error)) else f"{line} ({DEBUG}=1 shows where)"


def _foreseen(chains: Sequence[Sequence[Cause]]) -> str:
    """The line that was written for a user; nothing where none was."""
    for_users = _names(UserError)
    # One that was raised from another says what that does, and more.
    if written := [each.text for links in chains for each in links if each.name in for_users]:
        return readable(written[0])
    innermost = (each.text for links in chains for each in reversed(links))
    return next(filter(None, map(of_workers, innermost)), "")


def _names(kind: type[BaseException]) -> set[str]:
    """Of a kind of errors and all that are of it."""
    return {name_of(kind)}.union(*map(_names, kind.__subclasses__()))


def killer_of(text: str) -> str:
    """The system's word for the signal that a loader's worker died of, as torch tells it."""
    killed = _KILLED.search(text)
    return (killed[1] or "").strip() if killed else ""


def of_workers(text: str) -> str:
    """What the death of a loader's worker means, or that it finds no room; else nothing."""
    if _NO_SHARED_MEMORY.search(text) or (_NO_ROOM.search(text) and _shared_memory_is_full()):
        return (
            f"{_SHARED}: no room for what processes that load data hand over; "
            "enlarge it (docker run --shm-size 4g), or give fewer --num_workers (0 needs none)"
        )
    if killed := _KILLED.search(text):
        return (
            f"num_workers: a process that loads data was killed ({killed[1] or 'it exited'}), "
            "mostly for lack of memory; start the same command again, with fewer --num_workers or "
            "more memory"
        )
    return ""


def _shared_memory_is_full() -> bool:
    try:
        return shutil.disk_usage(_SHARED).free < _LEAST
    except OSError:
        return False
