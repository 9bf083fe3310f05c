"""A run as a process does it: how it ends in one line, and an exit status."""

from __future__ import annotations

import logging
import sys
import traceback

from ..command_line.ending import ending
from .launch import launch

ERROR = "medssl: "  # how the line begins that says why a run ended


def work(study: str, key: str) -> int:
    """Do a run; 0 where its result is there, else the line on stderr says why not.

    A signal that asks it to end does so after the step at hand, see
    :class:`~medssl.engines.interrupt.StopOnSignal`.

    Returns:
        The exit status: 1 after an error, 128 and the number of a signal.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        with ending():
            launch(study, key)
    except SystemExit as end:
        if isinstance(end.code, int):
            return end.code
        print(end.code, file=sys.stderr, flush=True)
        return 1
    except Exception:  # as it is, where debugging asks for it
        traceback.print_exc()
        return 1
    return 0
