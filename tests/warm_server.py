"""Have imported what commands need and fork for each; ``tests/warm.py`` asks for them.

Run as ``python -m tests.warm_server FOLDER`` in the repository. There are two: one knows the
libraries that medssl uses, for releases that have to live without it, and its fork knows medssl,
too. They compute nothing, so that no thread is at work when they fork, and end with the last
session that asked.
"""

import atexit
import gc
import importlib
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import torch
from numba.core.registry import cpu_target
from torch._dynamo import utils as dynamo

# What `monai.bundle run` on any bundle, `medssl`, and a rank of tests/helpers.py import, beside
# what is imported above: every optimiser imports _dynamo.
LIBRARIES = (
    *("monai.bundle", "torch.utils.tensorboard", "fire", "safetensors", "skimage", "blosc2"),
    "pytest",
)
ITK = ("imread", "GDCMImageIO")  # each loads a part of it
ROOMS = (
    *("command_line", "crops", "engines", "losses", "metrics", "pretext", "sources", "transfer"),
    *("transforms", "zoo"),
)
BARE, WHOLE = "bare", "whole"  # the sockets
QUICK, ENTIRE = "quick", "entire"  # how a fork ends
THREADS = "OMP_NUM_THREADS"  # not set for the server, so that a fork without it has the default
READY = b"\n"


class Asked:
    """What came over a connection: a command with its two streams, or, without, a session."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        text, self.streams, _, _ = socket.recv_fds(connection, 1 << 16, 2)
        while not text.endswith(b"\n"):
            text += connection.recv(1 << 16)
        self.request = json.loads(text)

    def tell(self, line: bytes) -> None:
        """Answer; nobody may be there any more, where a test was stopped."""
        try:
            self.connection.sendall(line)
        except OSError:
            self.connection.close()


class Server:
    """Forks for every command and tells of every end, while there are sessions."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._commands: dict[int, Asked] = {}
        self._sessions: dict[socket.socket, Asked] = {}
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._selector = selectors.DefaultSelector()
        for source in (listener, self._woken):
            self._selector.register(source, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)

    def serve(self) -> dict | None:
        """Returns what to run in a fork, nothing in the server when all sessions have ended."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(1 << 12)
                    self._reap()
                elif key.fileobj is self._listener:
                    asked = Asked(self._listener.accept()[0])
                    if not asked.streams:
                        self._greet(asked)
                    elif not self._fork(asked):
                        return asked.request
                elif self._part(key.fileobj):
                    return None

    def _greet(self, session: Asked) -> None:
        self._sessions[session.connection] = session
        self._selector.register(session.connection, selectors.EVENT_READ)
        session.tell(READY)

    def _part(self, connection: socket.socket) -> bool:
        """A session has ended; whether it was the last."""
        self._selector.unregister(connection)
        del self._sessions[connection]
        if self._sessions:
            return False
        self._listener.close()
        for pid in self._commands:
            os.killpg(pid, signal.SIGKILL)
        return True

    def _fork(self, asked: Asked) -> int:
        pid = os.fork()
        if pid == 0:
            self._become(asked)
            return 0
        os.setpgid(pid, pid)
        for stream in asked.streams:
            os.close(stream)
        self._commands[pid] = asked
        asked.tell(b"%d\n" % pid)
        return pid

    def _reap(self) -> None:
        """Tell of each command that has ended how, as ``subprocess`` counts it."""
        for pid in list(self._commands):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                asked = self._commands.pop(pid)
                asked.tell(b"%d\n" % os.waitstatus_to_exitcode(status))
                asked.connection.close()

    def _become(self, asked: Asked) -> None:
        """Make of a fork what a new interpreter is: streams, signals, place, threads, chance."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setpgid(0, 0)
        connections = [*self._sessions, *(other.connection for other in self._commands.values())]
        for item in (self._listener, self._woken, self._wake, self._selector, *connections):
            item.close()
        asked.connection.close()
        for number, stream in enumerate(asked.streams, start=1):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(asked.request["environment"])
        os.chdir(asked.request["folder"])
        sys.path[0] = asked.request["folder"]
        sys.modules.pop("tests")  # it may be another checkout's there
        default = torch.get_num_threads()  # one for each core; PyTorch takes no more
        if (threads := int(os.environ.get(THREADS) or default)) < default:
            torch.set_num_threads(threads)
        random.seed()
        np.random.seed()
        torch.seed()


def main() -> None:
    """Serve; in a fork, run the module as ``python -m`` does."""
    gc.disable()  # until all is imported
    for name in LIBRARIES:
        importlib.import_module(name)
    load_itk()
    dynamo.compile_times()  # imports what else every fork would at its end
    for context in (cpu_target.typing_context, cpu_target.target_context):
        context.refresh()  # else the first compiled function of each fork does
    path = Path(sys.argv[1], BARE)
    if os.fork() == 0:
        for room in ROOMS:
            importlib.import_module(f"medssl.{room}")
        path = path.with_name(WHOLE)
    gc.freeze()
    gc.enable()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        os.write(1, READY)
        request = Server(listener).serve()
    if request is not None:
        sys.argv[1:] = request["words"]
        ENDS[request["ends"]](request["module"])


def load_itk() -> None:
    """Load the parts of ITK, and forget its lock of processes.

    All forks would share that, and wait for ever for one that was killed while it held it.
    """
    itk, lazy = (importlib.import_module(name) for name in ("itk", "itk.support.lazy"))
    for name in ITK:
        getattr(itk, name)
    del lazy.LazyITKModule._lock, lazy.ITKLazyLoadLock.mp_lock


def run_entire(module: str) -> None:
    """Run a module by what ``python -m`` calls, in a fork that holds nothing back at its end."""
    gc.unfreeze()
    runpy._run_module_as_main(module)


def run_quick(module: str) -> None:
    """The same but for the end, which does not take the libraries apart."""
    end(run(module))


def run(module: str) -> int:
    """Run a module as ``python -m`` does; the exit status, negative for a signal."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    except BaseException as error:
        sys.excepthook(*sys.exc_info())
        # A subclass is an error like others, as it is to an interpreter.
        return -signal.SIGINT if type(error) is KeyboardInterrupt else 1
    return 0


def end(status: int) -> None:
    """Wait for threads, do what is registered, flush the two streams, and leave.

    The rest of what an interpreter does takes longer and is left out: files that are still open are
    not flushed, and destructors of what globals hold do not run.

    Args:
        status: of the exit; a negative one is a signal's.
    """
    gc.freeze()  # nothing is collected while what is registered runs
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


ENDS = {QUICK: run_quick, ENTIRE: run_entire}

if __name__ == "__main__":
    main()
