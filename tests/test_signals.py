"""Whoever asks a process to end gets one line, the status that shells count, and whole files."""

import gc
import os
import re
import signal
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import pytest
from torch.utils.data import DataLoader, Dataset

from medssl import signals
from medssl.errors import chain, one_line
from medssl.signals import ASKED_TO_END, Interrupted, interruption, leave, listen

DEATH = "DataLoader worker (pid 7) is killed by signal: {}. "  # as torch tells it


@dataclass
class TimerAt:
    """A timer whose time comes when the test says so."""

    calls: list
    call: partial

    def start(self):
        self.calls.append(self.call)


@pytest.fixture(autouse=True)
def later(monkeypatch, own_signals):
    """What was swallowed and comes again when the test says so; at its end nothing is left."""
    calls = []
    monkeypatch.setattr(
        signals.threading, "Timer", lambda _, call, given: TimerAt(calls, partial(call, *given))
    )
    for each in ASKED_TO_END:
        signal.signal(each, signal.SIG_DFL)
    assert set(listen()) == set(ASKED_TO_END)
    gc.freeze()  # else all that is imported would be looked through
    yield calls
    gc.collect()
    gc.unfreeze()
    assert calls == []


def send_twice(number):
    """As launchers do."""
    try:
        os.kill(os.getpid(), number)
    finally:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ASKED_TO_END)
def test_a_signal_is_an_exception_on_whose_way_what_is_half_written_goes(number, tmp_path):
    with pytest.raises(KeyboardInterrupt) as caught, tempfile.TemporaryDirectory(dir=tmp_path):
        send_twice(number)
    assert interruption(caught.value) == number
    assert not any(tmp_path.iterdir())


def test_whoever_presses_ctrl_c_twice_does_not_wait(monkeypatch):
    monkeypatch.setattr(signals, "IMPATIENT_S", 0.0)
    with pytest.raises(KeyboardInterrupt) as caught:
        send_twice(signal.SIGINT)
    assert type(caught.value) is KeyboardInterrupt
    assert interruption(caught.value) == signal.SIGINT


@pytest.mark.parametrize("times", [0, 2])
def test_one_that_is_swallowed_comes_again(times, later):
    """As while ITK's modules are imported."""
    with suppress(BaseException):
        os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(times):
        with suppress(BaseException):
            later.pop()()
    with pytest.raises(KeyboardInterrupt) as caught:
        later.pop()()
    assert interruption(caught.value) == signal.SIGTERM


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, -15), (signal.SIGINT, 7)])
def test_a_child_ends_as_it_would_without_and_leaves_ctrl_c_to_its_parent(number, status):
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), number)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status


def test_workers_that_die_of_it_and_destructors_that_it_breaks_off_are_no_news(capsys, later):
    class Broken:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)

    class Wrong:
        def __del__(self):
            raise ValueError("of the code")

    with pytest.raises(KeyboardInterrupt) as caught:
        os.kill(os.getpid(), signal.SIGTERM)
    assert interruption(caught.value) == signal.SIGTERM
    assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
    del caught
    gc.collect()
    Broken()
    assert capsys.readouterr().err == ""
    assert later.pop()  # it comes again
    Wrong()
    assert "of the code" in capsys.readouterr().err


def test_what_is_done_is_done():
    """The interpreter takes its time to end, all being written."""
    own = signal.signal(signal.SIGINT, signal.default_int_handler)
    signals._rest()
    os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, own)


def test_what_is_to_be_ignored_still_is():
    for each in ASKED_TO_END:
        signal.signal(each, signal.SIG_IGN)
    assert listen() == {}
    for each in ASKED_TO_END:
        os.kill(os.getpid(), each)


def test_what_goes_wrong_on_the_way_out_comes_of_the_signal():
    def torn(cause):
        try:
            try:
                raise cause
            finally:
                raise RuntimeError(DEATH.format("Terminated"))
        except RuntimeError as error:
            return error

    assert interruption(torn(Interrupted(signal.SIGTERM))) == signal.SIGTERM
    assert interruption(torn(KeyboardInterrupt())) == signal.SIGINT
    assert interruption(torn(ValueError())) is None
    assert interruption(None) is None


@pytest.mark.parametrize(("rank", "lines"), [(None, 1), ("0", 1), ("1", 0)])
def test_of_several_ranks_the_first_says_so(rank, lines, monkeypatch, capsys):
    monkeypatch.delenv("RANK", raising=False)
    if rank is not None:
        monkeypatch.setenv("RANK", rank)
    with pytest.raises(SystemExit) as left:
        leave(signal.SIGTERM)
    assert left.value.code == 143
    said = capsys.readouterr().err
    assert said.count("\n") == lines
    assert said in (
        "",
        "medssl: interrupted (SIGTERM), nothing is left half-written; start the same command "
        "again\n",
    )


@pytest.fixture
def comes(monkeypatch):
    """What this process is sent while it waits, and how long each time it did."""
    sent, waited = [], []

    def sleep(seconds):
        waited.append(seconds)
        for number in sent:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(signals, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
    return sent, waited


@pytest.mark.parametrize("number", ASKED_TO_END)
def test_a_worker_that_the_signal_reached_first_is_no_lack_of_memory(number, comes):
    """One sent to each process of a job; torch then tells of the worker's death."""
    sent, waited = comes
    sent.append(number)
    error = RuntimeError(DEATH.format(signal.strsignal(number)))
    assert interruption(error) == number
    assert waited == [signals.ALSO_S]
    assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL  # of the others
    assert interruption(RuntimeError(DEATH.format(signal.strsignal(signal.SIGKILL)))) is None
    signal.signal(number, signal.SIG_IGN)
    assert interruption(error) is None  # nobody has asked this process
    assert waited == [signals.ALSO_S]


class Dying(Dataset):
    """Its worker is killed, as the system does where memory is scarce."""

    def __len__(self):
        return 1

    def __getitem__(self, _):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_worker_that_is_killed_alone_is_no_interruption(comes):
    with pytest.raises(RuntimeError, match="DataLoader worker") as caught:
        next(iter(DataLoader(Dying(), num_workers=1)))
    texts = [re.sub(r"pid \d+", "pid 7", str(each)) for each in chain(caught.value)]
    assert DEATH.format("Terminated") in texts
    assert interruption(caught.value) is None
    assert comes[1] == [signals.ALSO_S]
    line = (
        "num_workers: a process that loads data was killed (Terminated), mostly for lack of memory"
    )
    assert one_line(caught.value).startswith(line)
