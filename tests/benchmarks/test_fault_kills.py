"""A kill counts only where there was work left to kill."""

import contextlib
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from faulting import attempt
from faults import killing, training
from faults.fault import EQUAL, TOO_FEW, Fault


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
