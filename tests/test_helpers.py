"""A folder that all workers of a session read is made by one of them."""

import threading

from tests.helpers import made_once


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
