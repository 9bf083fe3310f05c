"""Commands without the seconds that a new interpreter spends on imports.

A server has imported everything and forks for each command: a process of its own, with its own
streams, environment, signals and exit status. Some tests start real interpreters, which shows
that the entry points themselves work; the rest come here.

PyTorch computes in a fork with the threads that ``OMP_NUM_THREADS`` of its own environment says.
Hashes of strings are those of the server: a seed for them is read when an interpreter starts, so
one that is asked for here is refused. ``tests/bundles/test_kill.py`` relies on other hashes, and
so resumes what a fork began in a new interpreter or in its own.

A fork ends sooner than an interpreter (``tests/warm_server.py``, ``end``), but for :class:`Entire`.
"""

import contextlib
import fcntl
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.warm_server import BARE, ENTIRE, QUICK, READY, THREADS, WHOLE

ROOT = Path(__file__).resolve().parents[1]
PLACE = "MEDSSL_TESTS_WARM"  # the folder of the sockets, which all workers of a session share
TIMEOUT = 300.0  # seconds; for what hangs
HASHES = "PYTHONHASHSEED"
HASHED = os.environ.get(HASHES)


class Warm:
    """A command that runs in a fork of the server; the part of ``Popen`` that tests need."""

    server = WHOLE
    ends = QUICK

    def __init__(
        self,
        words: Sequence[str | os.PathLike[str]],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``environment``: variables beside those of this process."""
        self.args = [os.fspath(word) for word in words]
        head, (module, *rest) = self.args[:4], self.args[4:]
        assert head == [sys.executable, "-W", "ignore", "-m"], head
        request = {"module": module, "words": rest, "folder": str(folder.resolve())}
        request["ends"] = self.ends
        request["environment"] = wanted = {**os.environ, **(environment or {})}
        assert wanted.get(HASHES) == HASHED, f"{HASHES}: a fork has its server's; start a process"
        _stay()
        self.returncode: int | None = None
        self._streams = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115
        self._connection = connect(self.server)
        message = json.dumps(request).encode() + b"\n"
        streams = [stream.fileno() for stream in self._streams]
        sent = socket.send_fds(self._connection, [message], streams)
        if rest := message[sent:]:  # else it may be over already, and nobody there to take nothing
            self._connection.sendall(rest)
        self._answers = self._connection.makefile("rb")
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        """The exit status, negative after a signal, or nothing while the command runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float = TIMEOUT) -> int:
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = int(self._answers.readline())
            self._connection.close()
        return self.returncode

    def communicate(self, timeout: float = TIMEOUT) -> tuple[str, str]:
        """Wait for the end; what went to standard output and error."""
        self.wait(timeout)
        texts = []
        for stream in self._streams:
            with stream:
                stream.seek(0)
                texts.append(stream.read().decode())
        return texts[0], texts[1]

    def finish(self, timeout: float = TIMEOUT) -> subprocess.CompletedProcess[str]:
        """Wait for the end; what ``subprocess.run`` returns."""
        output, errors = self.communicate(timeout)
        return subprocess.CompletedProcess(self.args, self.wait(), output, errors)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def end(self) -> None:
        """Kill what is left of the command's group: a loader's workers too, where it hangs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class Bare(Warm):
    """The same where medssl was not imported yet."""

    server = BARE


class Entire(Warm):
    """The same, which takes itself apart at its end as an interpreter does."""

    ends = ENTIRE


def run_warm(
    words: Sequence[str | os.PathLike[str]], folder: Path, kind: type[Warm] = Warm
) -> subprocess.CompletedProcess[str]:
    """As ``subprocess.run`` of ``[sys.executable, "-W", "ignore", "-m", ...]`` in that folder."""
    process = kind(words, folder)
    try:
        return process.finish()
    finally:
        process.end()


def connect(server: str) -> socket.socket:
    """A connection to one of the servers of this session."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(Path(os.environ[PLACE], server)))
    return connection


@functools.cache
def _stay() -> list[socket.socket]:
    """Start the servers where none are; they stay while these connections are open."""
    servers = (BARE, WHOLE)
    place = Path(os.environ[PLACE])
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):
            return [_greeted(server) for server in servers]
        for server in servers:
            (place / server).unlink(missing_ok=True)
        started = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.warm_server", place],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=_without_threads(os.environ),
            start_new_session=True,
        )
        assert started.stdout is not None
        started.stdout.read(len(servers) * len(READY))
        return [_greeted(server) for server in servers]


def _without_threads(environment: Mapping[str, str]) -> dict[str, str]:
    """A server's: PyTorch may use all cores in a fork; BLAS would start threads before any."""
    kept = {key: value for key, value in environment.items() if key != THREADS}
    return {**kept, "OPENBLAS_NUM_THREADS": "1"}


def _greeted(server: str) -> socket.socket:
    """A connection that the server has taken: one that is about to end takes none."""
    connection = connect(server)
    connection.sendall(b"{}\n")
    if not connection.recv(1):
        raise ConnectionError("the server has ended")
    return connection
