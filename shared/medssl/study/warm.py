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
from dataclasses import dataclass
from pathlib import Path

import medssl

from ..signals import ASKED_TO_END, SIGNALLED

WAIT = 0.05  # seconds between two looks at the children
PATIENCE = 30.0  # seconds that runs have to end after their step
# Imported by each run, if not before: every optimiser imports _dynamo.
LAZY = (
    *("monai.bundle", "monai.handlers", "monai.inferers", "monai.losses", "ignite.metrics"),
    *("ignite.handlers", "torch.utils.tensorboard", "torch._dynamo", "sklearn.linear_model"),
    "blosc2",
)
ROOMS = (
    *("analysis", "crops", "engines", "losses", "metrics", "networks", "pretext", "store"),
    *("study", "transfer", "transforms"),
)


@dataclass
class Client:
    """Who has connected, and the child that does what it asked for, once it has."""

    connection: socket.socket
    child: int | None = None


Clients = dict[int, Client]  # by descriptor


def warm_up() -> None:
    """Import what runs need; nothing is computed, so that no thread is at work at a fork."""
    for name in LAZY:
        importlib.import_module(name)
    for room in ROOMS:
        package = importlib.import_module(f"{medssl.__name__}.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def serve(place: Path) -> None:
    """Answer requests at a socket, see :func:`answer`; Ctrl-C is for who started this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked_to_end = note_sigterm()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen(64)
        try:
            answer(listener, asked_to_end)
        finally:
            place.unlink(missing_ok=True)


def note_sigterm() -> list[int]:
    """A list that SIGTERM is noted in; an exception might come between a fork and its note."""
    noted: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: noted.append(number))
    return noted


def answer(listener: socket.socket, asked_to_end: Sequence[int]) -> None:
    """Answer requests until asked to end, or the end of who started this; the runs end, too.

    Where asked, each run ends after the step at hand. Who connects and says nothing keeps nobody
    waiting.

    Args:
        listener: that clients (``medssl.study.ask``) connect to.
        asked_to_end: see :func:`note_sigterm`; the end once there is something in it.
    """
    parent = os.getppid()
    clients: Clients = {}
    try:
        while not asked_to_end and os.getppid() == parent:
            _look(listener, clients)
            _tell(clients)
        if asked_to_end:
            _let_end(clients)
    finally:
        for child in _children(clients):
            _send(child, signal.SIGKILL)


def _children(clients: Clients) -> list[int]:
    return [client.child for client in clients.values() if client.child is not None]


def _let_end(clients: Clients) -> None:
    """Ask all runs to end, and wait for them."""
    for child in _children(clients):
        _send(child, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while _children(clients) and time.monotonic() < until:
        _tell(clients)
        time.sleep(WAIT)


def _look(listener: socket.socket, clients: Clients) -> None:
    """Take a new client, what one asks for or has received, notice one that is gone."""
    ready, _, _ = select.select([listener.fileno(), *clients], [], [], WAIT)
    for descriptor in ready:
        if descriptor not in clients:
            connection, _ = listener.accept()
            clients[connection.fileno()] = Client(connection)
        elif (child := clients[descriptor].child) is None:
            _begin(descriptor, clients, listener)
        else:
            _send(child, _received(clients[descriptor].connection))


def _begin(descriptor: int, clients: Clients, listener: socket.socket) -> None:
    """Do what a client asks for; one that is gone without a word is forgotten."""
    client, text = clients[descriptor], b""
    with contextlib.suppress(ConnectionError):
        text, outputs, _, _ = socket.recv_fds(client.connection, 1 << 16, 2)
    if text:
        held = [listener, *(each.connection for each in clients.values())]
        client.child = _fork(text, outputs, held)
    else:
        clients.pop(descriptor).connection.close()


def _received(connection: socket.socket) -> int:
    """The signal that a client hands on; where it says nothing, it is gone."""
    with contextlib.suppress(ConnectionError):
        if said := connection.recv(1):
            return said[0]
    return signal.SIGKILL


def _tell(clients: Clients) -> None:
    """Tell clients whose runs have ended how."""
    for descriptor, client in list(clients.items()):
        if client.child is None:
            continue
        ended, status = os.waitpid(client.child, os.WNOHANG)
        if ended:
            del clients[descriptor]
            with client.connection, contextlib.suppress(OSError):
                code = os.waitstatus_to_exitcode(status)
                said = str(code if code >= 0 else SIGNALLED - code)
                client.connection.sendall(said.encode())


def _fork(text: bytes, outputs: Sequence[int], held: Sequence[socket.socket]) -> int:
    """The child that does what ``text`` asks for, with the client's output as its own.

    It lets go of the sockets ``held``: a client hears of the server's end though others' runs live.
    """
    # Held back until the child can die of it.
    former = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, former)
    if child:
        for descriptor in outputs:
            os.close(descriptor)
        return child
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, descriptor in zip((1, 2), outputs, strict=True):
            os.dup2(descriptor, number)
        for each in held:
            each.close()
        from .work import work

        request = json.loads(text)
        status = work(request["study"], request["key"])
        sys.stdout.flush()
    finally:
        os._exit(status)


def _send(child: int, number: int) -> None:
    """Send a run a signal that ends it; others are none that a client may hand on."""
    if number in (*ASKED_TO_END, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)


def main(words: Sequence[str]) -> None:
    """Warm up, then serve."""
    warm_up()
    serve(Path(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
