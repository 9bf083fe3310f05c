"""What a test sees of a command in a fork of the warm server: what it sees of an interpreter."""

import os
import select
import signal
import socket
import subprocess
import sys

import pytest

from tests.warm import HASHED, HASHES, PLACE, ROOT, Bare, Entire, Warm, connect, run_warm
from tests.warm_server import BARE, THREADS, WHOLE

WORDS = [sys.executable, "-W", "ignore", "-m", "told"]


@pytest.fixture
def told(tmp_path):
    """A module of that code, run in the fork and in a new interpreter."""

    def both(code, *words, kind=Warm):
        (tmp_path / "told.py").write_text(code)
        warm = run_warm([*WORDS, *words], tmp_path, kind)
        cold = subprocess.run(
            [*WORDS, *words], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
        )
        return warm, cold

    return both


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        *((f"sys.exit({status})", Warm) for status in ("", 3, -1, 256, "'a line'")),
        *(("os._exit(4)", Warm), ("os.kill(os.getpid(), 9)", Warm)),
        *(("", Warm), ("sys.exit('a line')", Entire)),
    ],
)
def test_output_errors_and_status_are_those_of_an_interpreter(told, monkeypatch, end, kind):
    monkeypatch.setenv("TOLD", "here")
    warm, cold = told(
        "import atexit, os, sys\n"
        "print(sys.argv, os.getcwd(), os.environ['TOLD'], __name__, sys.path[0])\n"
        "print('wrong', file=sys.stderr, flush=True)\n"
        f"sys.stdout.flush()\natexit.register(print, 'end')\n{end}\n",
        "--a",
        "b c",
        kind=kind,
    )
    for key in ("stdout", "stderr", "returncode"):
        assert getattr(warm, key) == getattr(cold, key)


def test_an_error_ends_in_its_traceback_and_an_interrupt_in_its_signal(told):
    warm, cold = told("import os, signal\nraise ValueError('of the code')")
    assert warm.returncode == cold.returncode == 1
    assert warm.stderr.splitlines()[-3:] == cold.stderr.splitlines()[-3:]
    warm, cold = told(
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a shell ignores it\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    assert warm.returncode == cold.returncode == -signal.SIGINT
    warm, cold = told("class Asked(KeyboardInterrupt): pass\nraise Asked('to end')")
    assert warm.returncode == cold.returncode == 1
    assert warm.stderr.splitlines()[-1] == cold.stderr.splitlines()[-1]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="globals of a fork's module stay there")
def test_an_entire_one_is_taken_apart_as_an_interpreter_is_and_a_quick_one_not(told, tmp_path):
    code = (
        "import os\nfile = open('file', 'a')\nfile.write('buffered ')\n"
        "class Held:\n    def __del__(self): os.write(1, b'taken apart')\nheld = Held()\n"
    )
    entire, cold = told(code, kind=Entire)
    assert entire.stdout == cold.stdout == "taken apart"
    assert (tmp_path / "file").read_text() == 2 * "buffered "
    assert run_warm(WORDS, tmp_path).stdout == ""
    assert (tmp_path / "file").read_text() == 2 * "buffered "


def test_itks_lock_is_each_commands_own(tmp_path):
    """It is one of processes; one that is killed while it holds it would stop all others."""
    holding = (
        "import itk, os, signal\nitk.BinaryDilateImageFilter\n"
        "lock = type(itk).get_lock()\nassert len(lock.locks) == 2\nlock.acquire()\n"
        "if open('kill').read(): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "told.py").write_text(holding)
    for kill, status in (("yes", -signal.SIGKILL), ("", 0)):
        (tmp_path / "kill").write_text(kill)
        process = Warm(WORDS, tmp_path)
        try:
            assert process.wait() == status
        finally:
            process.end()


def test_it_leads_a_group_has_no_threads_and_draws_numbers_of_its_own(tmp_path):
    (tmp_path / "told.py").write_text(
        "import os, random, numpy, threading, torch\n"
        "assert os.getpgid(0) == os.getpid() and threading.active_count() == 1\n"
        "assert not os.path.exists('/proc') or len(os.listdir('/proc/self/task')) == 1\n"
        "assert sorted(map(int, os.listdir('/dev/fd')))[:3] == [0, 1, 2]\n"
        "print(random.random(), numpy.random.rand(), torch.initial_seed())\n"
    )
    first, second = (run_warm(WORDS, tmp_path) for _ in range(2))
    assert first.returncode == 0, first.stderr
    ours, theirs = first.stdout.split(), second.stdout.split()
    assert all(one != other for one, other in zip(ours, theirs))


@pytest.mark.parametrize("threads", [None, "1", "2"])
def test_it_computes_with_as_many_threads_as_an_interpreter(told, monkeypatch, threads):
    """Whatever the server was started with, by whichever test was first."""
    if threads is None:
        monkeypatch.delenv(THREADS, raising=False)
    else:
        monkeypatch.setenv(THREADS, threads)
    warm, cold = told(
        "import torch\nvalues = torch.ones(1000, 1000)\n"
        "print(torch.get_num_threads(), float((values @ values).sum()))\n"
    )
    assert warm.stdout == cold.stdout, warm.stderr
    assert threads != "1" or warm.stdout.split()[0] == "1"


def test_another_seed_of_hashes_is_refused(tmp_path, monkeypatch):
    """A fork could not have it; without one forks of a server hash alike, and others otherwise."""
    (tmp_path / "told.py").write_text("print(hash('a string'))")
    monkeypatch.delenv(HASHES, raising=False)
    if HASHED is None:
        first, second = (run_warm(WORDS, tmp_path).stdout for _ in range(2))
        assert first == second != f"{hash('a string')}\n"
    other = "8" if HASHED == "7" else "7"
    with pytest.raises(AssertionError, match="a fork has its server's; start a process"):
        Warm(WORDS, tmp_path, {HASHES: other})
    monkeypatch.setenv(HASHES, other)
    with pytest.raises(AssertionError, match="a fork has its server's; start a process"):
        Warm(WORDS, tmp_path)


def test_a_bare_one_has_the_libraries_and_not_medssl(tmp_path):
    (tmp_path / "told.py").write_text("import sys\nprint('monai' in sys.modules, *sys.modules)")
    names = {
        kind: set(run_warm(WORDS, tmp_path, kind).stdout.split("\n")[0].split())
        for kind in (Warm, Bare)
    }
    assert "True" in names[Warm] & names[Bare]
    assert "medssl.engines" in names[Warm]
    assert not any(name.split(".")[0] == "medssl" for name in names[Bare])


def test_a_running_command_takes_signals_and_can_be_waited_for(tmp_path):
    (tmp_path / "told.py").write_text("import signal\nopen('ready', 'w').close()\nsignal.pause()")
    process = Warm(WORDS, tmp_path)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == process.poll() == -signal.SIGTERM
    process.end()  # of what has ended is no error


def test_a_command_may_be_over_before_its_test_goes_on(tmp_path, monkeypatch):
    sending = socket.send_fds

    def send_and_be_slow(connection, *words):
        sent = sending(connection, *words)
        poll = select.poll()
        poll.register(connection, select.POLLHUP)
        assert poll.poll(120_000)  # the server has closed it
        return sent

    monkeypatch.setattr(socket, "send_fds", send_and_be_slow)
    (tmp_path / "told.py").write_text("raise SystemExit('over')")
    ended = run_warm(WORDS, tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "over\n")


def test_it_ends_with_its_session(tmp_path, monkeypatch):
    """The server, and the command that a stopped test has left."""
    monkeypatch.setenv(PLACE, str(tmp_path))
    os.mkfifo(tmp_path / "alive")
    (tmp_path / "told.py").write_text("import signal\nalive = open('alive', 'w')\nsignal.pause()")
    code = (
        "from pathlib import Path; from tests.warm import Warm\n"
        f"folder = Path({str(tmp_path)!r})\nprocess = Warm({WORDS!r}, folder)\n"
        "(folder / 'alive').open().close()  # once the command has it open\n"
    )
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=600)
    os.set_blocking(alive, True)
    assert os.read(alive, 1) == b""  # once the command, which never closes it, is gone
    os.close(alive)
    for server in (WHOLE, BARE):
        with pytest.raises(ConnectionRefusedError):
            connect(server)
