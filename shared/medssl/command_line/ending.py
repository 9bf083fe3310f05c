"""How a command ends: in one line, with the status that shells expect."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import DEBUG, told
from ..signals import SIGNALLED, interruption, leave, listen


@contextmanager
def ending() -> Iterator[None]:
    """Put whatever goes wrong into one line on standard error; ``MEDSSL_DEBUG`` shows where.

    Raises:
        SystemExit: 1 after an error, 128 and the number of a signal (130 after Ctrl-C), 141
            where nobody reads the output any more.
    """
    former = listen()
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            # Python would complain once more when it flushes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(SIGNALLED + signal.SIGPIPE)
        if number := interruption(error):
            leave(number)
        if os.environ.get(DEBUG):
            raise
        sys.exit(f"medssl: {told(error)}")
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def _nobody_reads() -> bool:
    """Whether it is the output's pipe that is broken, and no connection or worker's."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # the output is no file of the system
        return False
    return any(event & select.POLLERR for _, event in poll.poll(0))
