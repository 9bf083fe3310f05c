"""A fault that came too late to hit anything is no try of it."""

import contextlib
import subprocess
from functools import partial
from pathlib import Path

import pytest

from faulting import attempt
from faults import disks, training
from faults.fault import EQUAL, TOO_FEW, Fault


def begin(words, _folder):
    """A training that writes."""
    words[0].mkdir(exist_ok=True)
    (words[0] / "a.jsonl").write_text("whole")


@pytest.fixture
def stubbed(monkeypatch):
    """Trainings that only say how they end; what was compared and torn is listed."""
    seen = {"compared": [], "torn": []}
    for module in (training, disks):
        monkeypatch.setattr(module, "whole_run", lambda *_: Path("whole"))
        monkeypatch.setattr(module, "training", lambda _, __, run: [run])
        monkeypatch.setattr(module, "run_well", lambda *_: None)
        compare = lambda _, run: seen["compared"].append(run.name)  # noqa: E731
        monkeypatch.setattr(module, "same_run", compare)
    monkeypatch.setattr(training, "steps", lambda _: 8)
    monkeypatch.setattr(training, "start", begin)
    monkeypatch.setattr(training, "wait_until", lambda *_: True)
    monkeypatch.setattr(disks, "small_disk", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(disks, "enlarge", lambda _: None)
    monkeypatch.setattr(disks, "_bytes_of", lambda _: 1 << 20)
    return seen


@pytest.mark.parametrize(
    ("alive", "compared", "torn", "outcomes"),
    [
        ([True] * 3, ["run0"], ["run0"] * 3, {EQUAL: 1}),
        ([True, False, True, True], ["run0", "run1"], ["run0", "run1", "run1"], {EQUAL: 2}),
        ([False] * 9, [f"run{number}" for number in range(9)], [], {TOO_FEW: 1}),
    ],
)
def test_a_run_that_was_done_before_it_was_killed_is_not_torn(
    stubbed, monkeypatch, tmp_path, alive, compared, torn, outcomes
):
    ends = iter(alive)
    monkeypatch.setattr(training, "kill", lambda _: next(ends))
    tear = lambda path, _: stubbed["torn"].append(path.parent.name)  # noqa: E731
    torn_run = partial(training._torn, bundle="b", pattern="*.jsonl", tear=tear)
    row = attempt(Fault("Torn", "run", "", torn_run, 3), tmp_path, 0)
    assert (row["outcomes"], row["times"]) == (outcomes, len(torn))
    assert stubbed == {"compared": compared, "torn": torn}


@pytest.mark.parametrize(
    ("ends", "outcomes"),
    [
        ([1, 0, 1, 0, 1], {EQUAL: 3}),
        ([0] * 9, {TOO_FEW: 1}),
        ([0] * 8 + [1], {EQUAL: 1, TOO_FEW: 1}),
    ],
)
def test_a_disk_that_sufficed_was_not_full(stubbed, monkeypatch, tmp_path, ends, outcomes):
    line = f"{tmp_path}/tried/Full_run/disk: No space left on device\n"
    done = iter([subprocess.CompletedProcess([], status, "", "") for status in ends])
    monkeypatch.setattr(disks, "run", lambda *_: next(done))
    monkeypatch.setattr(disks, "clear_line", lambda *_: line)
    fault = Fault("Full", "run", "", partial(disks._full_in_training, bundle="b"), 3)
    assert attempt(fault, tmp_path, 0)["outcomes"] == outcomes
    assert len(stubbed["compared"]) == len(ends)
