"""How a command ends: in one line, with the status that shells expect."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..errors import DEBUG, told

_SIGNALLED = 128


class _Terminated(BaseException):
    """SIGTERM was received; what is half-written is removed on the way out."""


@contextmanager
def ending() -> Iterator[None]:
    """Put whatever goes wrong into one line on standard error; ``MEDSSL_DEBUG`` shows where.

    Raises:
        SystemExit: 1 after an error, 130 after Ctrl-C, 143 after SIGTERM, 141 where nobody reads
            the output any more.
    """
    try:
        with _terminated():
            yield
    except KeyboardInterrupt:
        _leave("interrupted", signal.SIGINT)
    except _Terminated:
        _leave("ended by SIGTERM", signal.SIGTERM)
    except BrokenPipeError:
        # Python would complain once more when it flushes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_SIGNALLED + signal.SIGPIPE)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        sys.exit(f"medssl: {told(error)}")


def _leave(reason: str, number: int) -> None:
    print(f"medssl: {reason}", file=sys.stderr)
    sys.exit(_SIGNALLED + number)


@contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM end this process as an exception does; its children end as they always do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()

    def receive(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != process:
            os.kill(os.getpid(), number)
        raise _Terminated

    former: Any = signal.signal(signal.SIGTERM, receive)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
