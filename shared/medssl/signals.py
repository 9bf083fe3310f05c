"""A process that is asked to end says so in one line, and leaves nothing half-written.

Ctrl-C, SIGTERM, SIGUSR1, which batch systems are mostly asked to send before the time limit, and
SIGHUP of a terminal that is closed come as one exception, which takes what is half-written with it
on its way out. The exit status is 128 and the signal's number, as a shell counts it: 130, 143, 138,
129.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
import time
import weakref
from types import FrameType
from typing import Any, NoReturn

from .errors import chain, killer_of

_OF_UNIX = [] if sys.platform == "win32" else [signal.SIGUSR1, signal.SIGHUP]
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, *_OF_UNIX)
IMPATIENT_S = 2.0  # after which a second Ctrl-C is a person's, no launcher's
SIGNALLED = 128
_AGAIN_S = 0.1
ALSO_S = 1.0  # in which a signal that is sent to one process after the other has come to all


class Interrupted(KeyboardInterrupt):
    """A signal asked this process to end.

    Some libraries swallow whatever is raised while they are imported. Where one has, the signal
    comes again.

    Attributes:
        number: of the signal.
        noticed: whether it was seen by those who end the process.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number, self.noticed = number, False

    def __del__(self) -> None:
        if not self.noticed and not sys.is_finalizing():
            again = threading.Timer(_AGAIN_S, _send_again, (os.getpid(), self.number))
            again.daemon = True
            again.start()


def _send_again(process: int, number: int) -> None:
    if process == os.getpid() and _is_received(number):
        os.kill(process, number)


class _Receiver:
    """Raises :class:`Interrupted` in the process that made it, once until that has arrived.

    Processes that it forks end as they always do, but leave Ctrl-C to it: if they died of it, that
    would seem the error.
    """

    def __init__(self) -> None:
        self._process, self._since = os.getpid(), 0.0
        self._raised: weakref.ref[Interrupted] | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            if number != signal.SIGINT:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            return
        if self._raised is not None and self._raised() is not None:
            if number == signal.SIGINT and time.monotonic() - self._since > IMPATIENT_S:
                raise KeyboardInterrupt
            return  # launchers send it twice, and what is half-written is being removed
        _expect_deaths()
        error = Interrupted(number)
        self._raised, self._since = weakref.ref(error), time.monotonic()
        try:
            raise error
        finally:
            del error  # else it would live in its own traceback


def _expect_deaths() -> None:
    """A loader's workers may die of the signal, too, and it may break a destructor off: no news."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # torch's handler would raise
    sys.unraisablehook = _unless_interrupted


def _unless_interrupted(unraisable: Any) -> None:
    causes = chain(unraisable.exc_value) if unraisable.exc_value else ()
    if not any(isinstance(each, KeyboardInterrupt) for each in causes):
        sys.__unraisablehook__(unraisable)


def _rest() -> None:
    """What is done is done: let the end of the interpreter take its course.

    It would look through all that the libraries made for garbage, which takes more than a second.
    """
    gc.freeze()
    for each in ASKED_TO_END:
        if _is_received(each):
            signal.signal(each, signal.SIG_IGN)


def _is_received(number: int) -> bool:
    return isinstance(signal.getsignal(number), _Receiver)


def heard() -> list[signal.Signals]:
    """Those that ask to end, but for what is to be ignored, as ``trap`` in a shell asks for."""
    return [each for each in ASKED_TO_END if signal.getsignal(each) is not signal.SIG_IGN]


def listen() -> dict[signal.Signals, Any]:
    """Let signals that ask this process to end raise :class:`Interrupted` in it, from now on.

    Returns:
        What there was before, by signal, for ``signal.signal``.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    atexit.register(_rest)
    receiver = _Receiver()
    return {each: signal.signal(each, receiver) for each in heard()}


def interruption(error: BaseException | None) -> int | None:
    """The signal that an error, or what caused it, comes of; None where it comes of none.

    One that is sent to each process of a job may reach a loader's worker first, and its death this
    process. It is waited for, a moment: where it does not come, the worker alone was killed, as for
    lack of memory.

    Who asks has to end the process: the signal does not come again.
    """
    causes = [] if error is None else list(chain(error))
    found = [each for each in causes if isinstance(each, KeyboardInterrupt)]
    signals = [each for each in found if isinstance(each, Interrupted)]
    for each in signals:
        each.noticed = True
    if signals:
        return signals[0].number
    if found:
        return signal.SIGINT
    heard_of = {signal.strsignal(each) for each in ASKED_TO_END if _is_received(each)}
    return _still_to_come() if any(killer_of(str(each)) in heard_of for each in causes) else None


def _still_to_come() -> int | None:
    """The signal that comes to this process within ``ALSO_S``."""
    _expect_deaths()
    try:
        time.sleep(ALSO_S)
    except Interrupted as error:
        error.noticed = True
        return error.number
    return None


def leave(number: int) -> NoReturn:
    """Say in one line, of several ranks the first, that a signal ends this process, and end.

    Raises:
        SystemExit: 128 and the signal's number.
    """
    if os.environ.get("RANK", "0") == "0":
        print(
            f"medssl: interrupted ({signal.Signals(number).name}), nothing is left half-written; "
            "start the same command again",
            file=sys.stderr,
        )
    raise SystemExit(SIGNALLED + number)
