"""``python -m medssl.study.warm SOCKET``: everything imported once, a fork for each run.

A tiny run costs a hundredth of what importing for it does, so a study of hundreds of them is done
in minutes. For CPUs alone: a process that has touched a GPU cannot be forked. Where there is no
fork, each run is its own process.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import medssl

from ..signals import SIGNALLED

WAIT = 0.05  # seconds between two looks at the children
PATIENCE = 30.0  # seconds that runs have to end after their step
# Imported by the first run, if not before.
LAZY = (
    *("monai.bundle", "monai.handlers", "monai.inferers", "monai.losses", "ignite.metrics"),
    *("ignite.handlers", "torch.utils.tensorboard", "torch.optim", "sklearn.linear_model"),
)
ROOMS = (
    *("analysis", "crops", "engines", "losses", "metrics", "networks", "pretext", "store"),
    *("study", "transfer", "transforms"),
)

Waiting = dict[int, tuple[int, socket.socket]]  # by descriptor: a child and its client


def warm_up() -> None:
    """Import what runs need; nothing is computed, so that no thread is there to be forked."""
    for name in LAZY:
        importlib.import_module(name)
    for room in ROOMS:
        package = importlib.import_module(f"{medssl.__name__}.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def serve(place: Path) -> None:
    """Answer requests until SIGTERM, or the end of who started this; the runs end, too.

    After SIGTERM each run ends after the step at hand. Ctrl-C is for who started this.
    """
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen(64)
        waiting: Waiting = {}
        try:
            while os.getppid() == parent:
                _look(listener, waiting)
                _tell(waiting)
        except SystemExit:
            _let_end(waiting)
        finally:
            for child, _ in waiting.values():
                _send(child, signal.SIGKILL)
            place.unlink(missing_ok=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _let_end(waiting: Waiting) -> None:
    """Ask all runs to end, and wait for them."""
    for child, _ in waiting.values():
        _send(child, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < until:
        _tell(waiting)
        time.sleep(WAIT)


def _look(listener: socket.socket, waiting: Waiting) -> None:
    """Take a new client, hand on what one has received, notice one that is gone."""
    ready, _, _ = select.select([listener.fileno(), *waiting], [], [], WAIT)
    for descriptor in ready:
        if descriptor in waiting:  # clients say no more than signals; where nothing, one is gone
            child, client = waiting[descriptor]
            _send(child, _received(client))
        else:
            client, _ = listener.accept()
            waiting[client.fileno()] = (_fork(client, listener), client)


def _received(client: socket.socket) -> int:
    with contextlib.suppress(ConnectionError):
        if said := client.recv(1):
            return said[0]
    return signal.SIGKILL


def _tell(waiting: Waiting) -> None:
    """Tell clients whose runs have ended how."""
    for descriptor, (child, client) in list(waiting.items()):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            del waiting[descriptor]
            with client, contextlib.suppress(OSError):
                code = os.waitstatus_to_exitcode(status)
                client.sendall(str(code if code >= 0 else SIGNALLED - code).encode())


def _fork(client: socket.socket, listener: socket.socket) -> int:
    """The child that does what the client asks for, with the client's output as its own."""
    text, outputs, _, _ = socket.recv_fds(client, 1 << 16, 2)
    if child := os.fork():
        for descriptor in outputs:
            os.close(descriptor)
        return child
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, descriptor in zip((1, 2), outputs, strict=True):
            os.dup2(descriptor, number)
        client.close()
        listener.close()
        from .work import work

        request = json.loads(text)
        status = work(request["study"], request["key"])
        sys.stdout.flush()
    finally:
        os._exit(status)


def _send(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def main(words: Sequence[str]) -> None:
    """Warm up, then serve."""
    warm_up()
    serve(Path(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
