"""One input in a forked child: how it ended, what it said, and what it cost."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medssl.errors import DEBUG, UserError, chain, one_line

from .kind import HOME, TEMPORARY

CPU_S = 10  # of one input, before it counts as one that hangs
WALL_S = 60  # on a busy machine
MEMORY = 512 << 20  # more than the good example took
_ADDRESSES = 8 << 30  # that may be announced beyond what the parent has
READ, REFUSED, FAILED, HANGS = "read", "refused", "failed", "hangs"
ENDED = "ended with"  # a signal, or a status that Python did not choose


@dataclass
class Ending:
    """How a child ended.

    Attributes:
        how: ``read``, ``refused``, ``failed`` or ``hangs``.
        text: what was read, the refusal, or where it failed.
        said: on its standard streams.
        peak: bytes that it had in memory at most, with those of its parent.
        case: folder that it worked in.
    """

    how: str
    text: str
    case: Path
    said: str = ""
    peak: int = 0


class Running:
    """A child that works on one input."""

    def __init__(self, use: Callable[[Path], object], case: Path) -> None:
        self.case = case
        self.log = case.with_name(f"{case.name}.log")
        self._answer, write = os.pipe()
        self._until = time.monotonic() + WALL_S
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._answer)
            _work(use, case, self.log, write)
        os.close(write)
        self._text = b""

    def fileno(self) -> int:
        """Of the pipe that the answer comes through."""
        return self._answer

    def take(self) -> bool:
        """Take in what is there; whether that was the end."""
        if time.monotonic() > self._until:
            os.kill(self.pid, signal.SIGKILL)
            return True
        if not select.select([self._answer], [], [], 0)[0]:
            return False
        part = os.read(self._answer, 1 << 16)
        self._text += part
        return not part

    def ending(self) -> Ending:
        """What became of it; call it once, at its end."""
        os.close(self._answer)
        _, status, usage = os.wait4(self.pid, 0)
        said = self.log.read_text(errors="replace") if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        code, peak = os.waitstatus_to_exitcode(status), usage.ru_maxrss << 10
        if code == 0:
            return Ending(*json.loads(self._text), self.case, said, peak)
        hangs = -code in (signal.SIGXCPU, signal.SIGKILL)
        return Ending(HANGS if hangs else FAILED, f"{ENDED} {code}", self.case, said, peak)


def _work(use: Callable[[Path], object], case: Path, log: Path, answer: int) -> None:
    """In the child; does not return."""
    code = 1
    try:
        _settle(case, log)
        how, text = _outcome(use, case)
        sys.stdout.flush()
        sys.stderr.flush()
        with os.fdopen(answer, "wb") as stream:
            stream.write(json.dumps([how, text[:20_000]]).encode())
        code = 0
    finally:
        os._exit(code)


def _settle(case: Path, log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(descriptor, number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(case)
    for variable, name in (("HOME", HOME), ("TMPDIR", TEMPORARY)):
        (case / name).mkdir()
        os.environ[variable] = str(case / name)
    for variable in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[variable]  # which would lead out of HOME
    os.environ.pop(DEBUG, None)
    import tempfile

    tempfile.tempdir = None
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + CPU_S, int(spent) + CPU_S + 5))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * os.sysconf("SC_PAGE_SIZE") + _ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _outcome(use: Callable[[Path], object], case: Path) -> tuple[str, str]:
    try:
        return READ, repr(use(case))
    except SystemExit as error:
        return _of_exit(error)
    except BaseException as error:
        if any(isinstance(item, MemoryError) for item in chain(error)):
            return FAILED, f"MemoryError: {one_line(error)}"
        if any(isinstance(item, UserError) for item in chain(error)):
            return REFUSED, one_line(error)
        return FAILED, f"{one_line(error)} [{_where(error)}]"


def _of_exit(error: SystemExit) -> tuple[str, str]:
    """Of a command: its code is its last line, or a number, 0 being none at all."""
    if not isinstance(error.code, str):
        return (READ, "exit 0") if not error.code else (REFUSED, f"exit {error.code}")
    cause: Any = error.__context__
    if DEBUG in error.code:
        return FAILED, f"{error.code} [{_where(cause) if cause else ''}]"
    return REFUSED, error.code.removeprefix("medssl: ")


def _where(error: BaseException) -> str:
    """The last places in the library and at all, innermost cause."""
    root = list(chain(error))[-1]
    frames = traceback.extract_tb(root.__traceback__)
    own = [frame for frame in frames if "/medssl/" in frame.filename]
    shown = [*own[-1:], *frames[-1:]]
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in shown)
