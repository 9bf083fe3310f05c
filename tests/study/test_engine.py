"""A process that asks its engine to end, and does not leave before all of it has ended."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from medssl.study.engine import run_engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
# An engine of one run; both note what they hear, and the run takes its time to end.
ENGINE = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"e"))
subprocess.Popen([sys.executable, "-c", sys.argv[1]]).wait()
"""
RUN = """
import os, signal, sys
def hear(*_):
    os.write(1, b"r")
    {then}
signal.signal(signal.SIGTERM, hear)
os.write(1, b".")
while True:
    signal.pause()
"""
STARTS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a shell ignores it
from medssl.command_line.ending import ending
from medssl.study.engine import run_engine
with ending():
    sys.exit(run_engine(sys.argv[1:], ()))
"""


@pytest.fixture
def begin():
    """Starts such an engine with a run that does something when it is asked to end."""
    started = []

    def start(then):
        words = [sys.executable, "-c", ENGINE, RUN.format(then=then)]
        first = subprocess.Popen(
            [sys.executable, "-c", STARTS, *words],
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        started.append(first)
        assert first.stdout.read(1) == b"."
        return first

    yield start
    for first in started:
        with first, contextlib.suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)


def test_the_status_is_the_engines():
    assert run_engine([sys.executable, "-c", "raise SystemExit(3)"], ()) == 3


@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_a_signal_to_the_first_reaches_all_and_is_waited_for(send, begin):
    first = begin("sys.exit()")
    send(first.pid, signal.SIGTERM)
    # The pipe ends when the last of them has closed it.
    said = first.stdout.read()
    assert first.wait() == 128 + signal.SIGTERM
    assert set(said) == set(b"er")


def test_who_asks_again_does_not_wait_and_leaves_nobody(begin):
    first = begin("pass")
    first.send_signal(signal.SIGTERM)
    assert {first.stdout.read(1), first.stdout.read(1)} == {b"e", b"r"}
    while first.poll() is None:  # only what comes after some seconds is a person's impatience
        first.send_signal(signal.SIGINT)
        try:
            first.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    assert first.stdout.read() == b""
