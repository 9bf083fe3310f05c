"""A kill counts only where there was work left to kill."""

import contextlib
import os
import runpy
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from faulting import attempt
from faults import killing, training
from faults.fault import EQUAL, TOO_FEW, UNHARMED, Fault
from medssl.sources import workers


class Made:
    """Stands in for a command that makes a folder: whether it lives, and has done, when looked at.

    It lists which folders were looked at, and how.
    """

    def __init__(self, moments):
        self.moments, self.now, self.looked = iter(moments), None, []

    def whole(self, _trial):
        return Path("whole"), 0.0

    def words(self, _trial, output):
        return [output]

    def has_done(self, _output):
        return self.now[1]

    def check(self, _trial, output):
        self.looked.append(f"whole {output.parent.name}")

    def check_parts(self, _trial, output):
        self.looked.append(f"parts {output.parent.name}")

    @contextlib.contextmanager
    def stopped(self, _process):
        self.now = next(self.moments)
        yield self.now[0]


@pytest.fixture
def made(monkeypatch):
    def make(*moments):
        maker = Made(moments)
        for name in ("start", "run_well"):
            monkeypatch.setattr(killing, name, lambda *_: SimpleNamespace(send_signal=lambda _: 0))
        monkeypatch.setattr(killing, "stopped", maker.stopped)
        monkeypatch.setattr(killing, "wait_for_work", lambda _: True)
        monkeypatch.setattr(killing, "kill", lambda _: maker.now[0])
        return maker

    return make


WORKS, DONE, ENDED = (True, False), (True, True), (False, True)


@pytest.mark.parametrize(
    ("moments", "looked", "outcomes"),
    [
        ([WORKS] * 3, ["parts 0"] * 3 + ["whole 0"], {EQUAL: 1}),
        (
            [WORKS, DONE, WORKS, ENDED, WORKS],
            ["parts 0", "parts 0", "parts 2", "whole 2", "parts 4", "whole 4"],
            {EQUAL: 1},
        ),
        (
            [DONE] * 9,
            [*(f"parts {n}" for n in range(9)), "whole 9"],
            {TOO_FEW: 1},
        ),
    ],
)
def test_a_command_that_has_written_all_is_not_killed_at_work(
    made, tmp_path, moments, looked, outcomes
):
    maker = made(*moments)
    fault = Fault("SIGKILL", "packing", "", partial(killing._killed, maker=maker), 3)
    row = attempt(fault, tmp_path, 0)
    assert (row["outcomes"], row["times"]) == (outcomes, moments.count(WORKS))
    assert maker.looked == looked


def test_a_signal_that_was_not_sent_is_no_try(made, monkeypatch, tmp_path):
    maker = made(*[WORKS, DONE, ENDED] * 2, *[WORKS] * 3)
    monkeypatch.setattr(killing.os, "kill", lambda *_: None)
    monkeypatch.setattr(killing, "finish", lambda _: None)
    monkeypatch.setattr(killing, "clear_line", lambda *_, **__: "a line")
    maker.words = lambda _trial, output: output
    monkeypatch.setattr(killing, "start", lambda *_: SimpleNamespace(pid=0))
    ended = partial(killing._ended, maker=maker, number=15, group=False)
    row = attempt(Fault("Signals", "packing", "", ended, 3), tmp_path, 0)
    assert (row["outcomes"], row["times"]) == ({EQUAL: 3}, 3)
    assert next(maker.moments) == WORKS  # three were sent by the seventh start


@pytest.mark.parametrize(
    ("moments", "alive", "status", "outcomes", "killed"),
    [
        ([WORKS] * 3, [7], 1, {EQUAL: 3}, 3),
        ([WORKS] * 3, [7], 0, {UNHARMED: 3}, 3),
        ([ENDED, WORKS, WORKS, WORKS], [7], 1, {EQUAL: 3}, 3),
        ([WORKS] * 9, [], 0, {TOO_FEW: 1}, 0),
    ],
)
def test_a_command_without_workers_has_none_to_kill(
    made, monkeypatch, tmp_path, moments, alive, status, outcomes, killed
):
    maker, seen = made(*moments), []
    said = subprocess.CompletedProcess([], status, "", "workers: one was killed\n" * status)
    monkeypatch.setattr(killing, "start", lambda *_: SimpleNamespace(pid=1))
    monkeypatch.setattr(killing, "wait_until", lambda *_: True)
    monkeypatch.setattr(killing, "forks", lambda _: alive)
    monkeypatch.setattr(killing, "finish", lambda _: said)
    monkeypatch.setattr(killing.os, "kill", lambda *who: seen.append(who))
    fault = Fault("Workers", "inference", "", partial(killing._worker_killed, maker=maker), 3)
    assert attempt(fault, tmp_path, 0)["outcomes"] == outcomes
    assert seen == [(7, signal.SIGKILL)] * killed


def test_two_workers_are_started_however_little_they_have_to_do(monkeypatch):
    """As scans are small here, one would do."""
    monkeypatch.setattr(workers, "WORTH_BYTES", workers.WORTH_BYTES)
    monkeypatch.setattr(workers, "_work", lambda _: 1 << 20)
    monkeypatch.setattr(sys, "argv", ["medssl", "--version"])
    assert workers.worth_starting([[], []], 2) == 1
    runpy.run_module("benchmarks.faults.eager", run_name="__main__")
    assert workers.worth_starting([[], []], 2) == 2
    assert workers.worth_starting([], 2) == 1  # all was prepared before


FORKS = """
import os, subprocess, sys, time
if os.fork() == 0:
    time.sleep(600)
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, "-c", sys.orig_argv[2], "server"])
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""


def test_workers_are_forks_of_a_command_or_of_its_server():
    """What runs beside them, such as a tracker of resources, is none."""
    words = [sys.executable, "-c", FORKS]
    with subprocess.Popen(words, start_new_session=True) as process:
        try:
            until = time.monotonic() + 120
            while len(killing.forks(process.pid)) < 2 and time.monotonic() < until:
                time.sleep(0.05)
            one, other = killing.forks(process.pid)
            assert one != other
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert killing.forks(process.pid) == []


@pytest.mark.parametrize(
    ("ends", "compared", "outcomes"),
    [
        ([(True, 3)] * 3, ["run0"], {EQUAL: 1}),
        (
            [(True, 3), (True, 8), (True, 5), (False, 8), (True, 7)],
            ["run0", "run1", "run2"],
            {EQUAL: 3},
        ),
        ([(True, 8)] * 9, ["run0", *(f"run{n}" for n in range(1, 9))], {TOO_FEW: 1}),
    ],
)
def test_a_training_that_has_done_its_steps_is_not_killed_in_training(
    monkeypatch, tmp_path, ends, compared, outcomes
):
    moments, seen = iter(ends), []
    now = {"whole": 8}
    monkeypatch.setattr(training, "whole_run", lambda *_: Path("whole"))
    monkeypatch.setattr(training, "training", lambda _, __, run, **___: [run])
    monkeypatch.setattr(training, "steps", lambda run: now.get(run.name, 0))
    monkeypatch.setattr(training, "start", lambda words, _: words[0])
    monkeypatch.setattr(training, "wait_until", lambda *_: True)
    monkeypatch.setattr(training, "_PAUSE_S", 0)
    monkeypatch.setattr(training, "run_well", lambda *_: None)
    monkeypatch.setattr(training, "same_run", lambda _, run: seen.append(run.name))

    def kill(run):
        killed, now[run.name] = next(moments)
        return killed

    monkeypatch.setattr(training, "kill", kill)
    fault = Fault("SIGKILL", "training", "", partial(training._killed, bundle="b"), 3)
    row = attempt(fault, tmp_path, 0)
    assert row["outcomes"] == outcomes
    assert row["times"] == sum(killed and done < 8 for killed, done in ends)
    assert seen == compared
