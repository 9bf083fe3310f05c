"""The warm server: runs as their own processes do them, and dead when their client is."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.store.lock import lock_folder, release_folder
from medssl.study import warm
from medssl.study.ask import SOCKET
from medssl.study.launch import launch
from medssl.study.result import RESULT
from medssl.study.start import warm_server

from .studies import begun

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


ASK, RUN = ("medssl.study.ask", "{study}", "{key}"), ("medssl", "study", "run", "{key}", "{study}")


def client(study, key, environment, by=ASK):
    words = [sys.executable, "-W", "ignore", "-m", *(w.format(study=study, key=key) for w in by)]
    return subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def wait_until_free(folder):
    """The lock of a run goes with its process."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            lock_folder(folder)
        except UserError:
            time.sleep(0.05)
        else:
            return release_folder(folder)
    pytest.fail(f"{folder} is still being written")


def test_the_modules_that_it_warms_up_are_there():
    for name in warm.LAZY:
        __import__(name)
    library = Path(warm.medssl.__file__).parent
    assert all((library / room).is_dir() for room in warm.ROOMS)


@pytest.fixture
def listener(own_signals, tmp_path):
    """What the server listens to, here; what hangs in it is an error."""
    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()
        yield listening
    socket.setdefaulttimeout(former)


def connected(listener):
    client = socket.socket(socket.AF_UNIX)
    client.connect(listener.getsockname())
    return client


def asking(listener, key):
    client = connected(listener)
    with Path(os.devnull).open("w") as null:
        request = json.dumps({"study": "", "key": key}).encode()
        socket.send_fds(client, [request], [null.fileno()] * 2)
    return client


def end_the_server():
    """Of a run, which goes on to its own end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(os.getppid(), signal.SIGTERM)


def test_who_says_nothing_or_is_gone_keeps_nobody_waiting(listener, monkeypatch):
    """The run ends when the one that is gone, but for its ears, has heard that it is forgotten."""

    def work(_study, key):
        gone.shutdown(socket.SHUT_WR)
        try:
            assert gone.recv(16) == b""
        finally:
            end_the_server()
        return int(key)

    monkeypatch.setattr("medssl.study.work.work", work)
    with connected(listener), connected(listener) as gone, asking(listener, "7") as client:
        warm.answer(listener, warm.note_sigterm())
        assert client.recv(16) == b"7"


def test_what_is_no_signal_that_ends_a_run_is_not_handed_on(listener, monkeypatch):
    """Of what the first client says the last alone ends its run; the second hears of that."""

    def work(_study, key):
        if key == "first":
            first.sendall(bytes([0, 200, signal.SIGCONT, signal.SIGWINCH, signal.SIGUSR1]))
            while True:
                signal.pause()
        told = first.recv(16)
        end_the_server()
        return int(told)

    monkeypatch.setattr("medssl.study.work.work", work)
    with asking(listener, "first") as first, asking(listener, "second") as second:
        warm.answer(listener, warm.note_sigterm())
        assert second.recv(16) == str(128 + signal.SIGUSR1).encode()


def test_sigterm_in_the_midst_of_a_fork_ends_server_and_run(listener, monkeypatch):
    fork = os.fork

    def midst():
        if child := fork():
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        os.kill(os.getpid(), signal.SIGTERM)
        return child

    monkeypatch.setattr("os.fork", midst)
    monkeypatch.setattr("medssl.study.work.work", lambda _study, _key: 3)
    with asking(listener, "any") as client:
        warm.answer(listener, warm.note_sigterm())
        assert client.recv(16) == str(128 + signal.SIGTERM).encode()


def test_ctrl_c_ends_a_run_though_not_the_server(listener, monkeypatch):
    def work(_study, _key):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            return 3
        finally:
            end_the_server()
        return 0

    monkeypatch.setattr("medssl.study.work.work", work)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asking(listener, "any") as client:
        warm.answer(listener, warm.note_sigterm())
        assert client.recv(16) == b"3"


@pytest.mark.slow
def test_a_fork_does_what_a_process_does_and_dies_with_its_client(tiny, tmp_path):
    _, plan, study = tiny
    key = next(iter(plan.runs))
    with warm_server() as environment:
        assert SOCKET in environment
        first = client(study, key, environment)
        folder = begun(study, key)
        with pytest.raises(UserError, match="is being written by process"):
            lock_folder(folder)
        first.kill()
        wait_until_free(folder)
        wrong = client(study, "nothing", environment)
        assert b"medssl: nothing: no such run" in wrong.communicate()[0]
        assert wrong.returncode == 1
        second = client(study, key, environment)
        assert b"done" in second.communicate()[0]
        assert second.returncode == 0
    plan.write(tmp_path / "other")
    alone = json.loads(launch(tmp_path / "other", key).read_text())
    forked = json.loads((study / "runs" / key / RESULT).read_text())
    assert forked["model_sha256"] == alone["model_sha256"]
    assert forked["run_hash"] == alone["run_hash"]


@pytest.mark.study
@pytest.mark.parametrize("whom", ["the client", "the server"])
def test_a_run_that_is_asked_to_end_does_so_after_its_step(endless, whom):
    _, plan, study = endless
    key = next(key for key, run in plan.runs.items() if run.kind == "pretrain")
    with warm_server() as environment:
        first = client(study, key, environment)
        models = begun(study, key)
        if whom == "the client":
            first.send_signal(signal.SIGTERM)
            told = first.communicate()[0]
    if whom == "the server":
        told = first.communicate()[0]
    assert b"(SIGTERM), the same command goes on from there" in told, first.returncode
    assert first.returncode == 128 + signal.SIGTERM
    assert (models / "checkpoint.pt").is_file()


@pytest.mark.study
@pytest.mark.parametrize("by", [ASK, RUN])
def test_without_a_server_it_ends_so_too(endless, by):
    _, plan, study = endless
    key = next(key for key, run in plan.runs.items() if run.kind == "pretrain")
    alone = client(study, key, {key: v for key, v in os.environ.items() if key != SOCKET}, by)
    begun(study, key)
    alone.send_signal(signal.SIGUSR1)
    said = alone.communicate()[0]
    assert said.rstrip().endswith(b"(SIGUSR1), the same command goes on from there")
    assert b"terminating" not in said
    assert alone.returncode == 128 + signal.SIGUSR1


@pytest.mark.slow
def test_a_server_ends_with_who_started_it(tmp_path):
    place = tmp_path / "socket"
    code = (
        "import subprocess, sys\n"
        f"words = [sys.executable, '-m', 'medssl.study.warm', {str(place)!r}]\n"
        "print(subprocess.Popen(words).pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as starter:
        assert int(starter.stdout.readline()) > 0
        while not place.exists():
            time.sleep(0.1)
        starter.kill()
    until = time.monotonic() + 120
    while place.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not place.exists()


@pytest.mark.slow
def test_the_end_of_the_server_is_the_end_of_its_runs(tmp_path):
    place = tmp_path / "socket"
    server = subprocess.Popen([sys.executable, "-m", "medssl.study.warm", str(place)])
    while not place.exists():
        assert server.poll() is None
        time.sleep(0.1)
    server.send_signal(signal.SIGTERM)
    assert server.wait(120) == 0
    assert not place.exists()
