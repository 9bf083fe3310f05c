"""A folder that all workers of a session read is made by one of them; work is counted."""

import threading

import numpy as np
import pytest

from tests.helpers import calls_of, made_once, most_memory_of


class Factory:
    """As of one worker of two: its own folder below that of the session."""

    def __init__(self, base):
        self.base = base

    def getbasetemp(self):
        self.base.mkdir(parents=True, exist_ok=True)
        return self.base


def test_workers_wait_for_the_one_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    begun, may_end, made = threading.Event(), threading.Event(), []

    def make(folder):
        begun.set()
        assert may_end.wait(60)
        (folder / "a").write_text("whole")
        made.append(folder)

    def use(worker):
        found = made_once(Factory(tmp_path / worker), "shared", make)
        read.append((found, (found / "a").read_text()))

    read = []
    workers = [threading.Thread(target=use, args=(name,)) for name in ("gw0", "gw1")]
    for worker in workers:
        worker.start()
    assert begun.wait(60)
    may_end.set()
    for worker in workers:
        worker.join()
    assert made == [tmp_path / "shared"]
    assert read == [(tmp_path / "shared", "whole")] * 2


def test_a_session_without_workers_keeps_it_among_its_own(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert made_once(Factory(tmp_path / "own"), "shared", lambda _: None).parent == tmp_path / "own"


def test_calls_are_counted_until_the_work_is_done():
    def work():
        for number in range(3):
            values.append(abs(number))
        np.argsort(values)
        raise KeyError

    values = []
    with pytest.raises(KeyError):
        calls_of(work)
    assert calls_of(lambda: [values.append(abs(number)) for number in range(3)])["abs"] == 3
    assert calls_of(lambda: np.argsort(values))["argsort"] == 2  # numpy's function and the array's
    assert values == [0, 1, 2] * 2


def test_memory_is_that_of_the_highest_moment():
    def work():
        for size in (1, 5, 1):
            np.zeros(size << 20, dtype=np.uint8)

    assert 5 << 20 <= most_memory_of(work) < 6 << 20
