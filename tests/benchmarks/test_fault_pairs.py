"""Two commands make one folder at once, or it was no try."""

import contextlib
import subprocess
from functools import partial

import pytest

from faulting import attempt
from faults import folders
from faults.fault import EQUAL, SILENT, TOO_FEW, Fault

WORKS, DONE, ENDED = (True, False), (True, True), (False, True)


class Making:
    """Stands in for a command that makes a folder: whether it lives, and has done, when stopped."""

    def __init__(self, moments):
        self.moments, self.now, self.compared = iter(moments), None, []

    def whole(self, _trial):
        return None

    def words(self, _trial, output):
        return [output]

    def has_done(self, _output):
        return self.now[1]

    def check(self, _trial, output):
        self.compared.append(output.parent.name)

    @contextlib.contextmanager
    def stopped(self, _process):
        self.now = next(self.moments)
        yield self.now[0]


def ended(status, folder=""):
    line = f"{folder} is being written by process 1\n" if status else ""
    return subprocess.CompletedProcess([], status, "", line)


@pytest.mark.parametrize(
    ("moments", "statuses", "compared", "outcomes"),
    [
        ([WORKS], (0, 1), ["0"], {EQUAL: 1}),
        ([WORKS], (0, 0), ["0"], {EQUAL: 1}),
        ([DONE, ENDED, WORKS], (0, 1), ["0", "1", "2"], {EQUAL: 1}),
        ([DONE] * 3, (0, 1), ["0", "1", "2"], {TOO_FEW: 1}),
        ([WORKS], (1, 1), [], {SILENT: 1}),
    ],
)
def test_the_second_comes_while_the_first_stands_still_at_work(
    monkeypatch, tmp_path, moments, statuses, compared, outcomes
):
    maker, (first, second) = Making(moments), statuses
    monkeypatch.setattr(folders, "start", lambda words, _: words[0])
    monkeypatch.setattr(folders, "wait_until", lambda *_: True)
    monkeypatch.setattr(folders, "stopped", maker.stopped)
    monkeypatch.setattr(folders, "finish", lambda folder: ended(first, folder))
    monkeypatch.setattr(folders, "run", lambda words, _: ended(second, words[0]))
    fault = Fault("Two", "making", "", partial(folders._two_makers, maker=maker), 1)
    assert attempt(fault, tmp_path, 0)["outcomes"] == outcomes
    assert maker.compared == compared
