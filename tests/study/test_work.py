"""A run as a process does it."""

import os
import signal

from medssl.errors import UserError
from medssl.study import work as working


def test_a_failure_is_one_line_and_a_status(monkeypatch, capsys):
    def fail(study, key):
        raise RuntimeError("around") from UserError("no such scan; add it")

    monkeypatch.setattr(working, "launch", fail)
    assert working.work("study", "key") == 1
    assert capsys.readouterr().err == "medssl: no such scan; add it\n"


def test_a_signal_is_one_line_and_its_status(monkeypatch, capsys, own_signals):
    monkeypatch.setattr(working, "launch", lambda study, key: os.kill(os.getpid(), signal.SIGTERM))
    assert working.work("study", "key") == 128 + signal.SIGTERM
    assert capsys.readouterr().err.startswith("medssl: interrupted (SIGTERM), nothing is left")


def test_a_result_is_status_nought(monkeypatch):
    monkeypatch.setattr(working, "launch", lambda study, key: None)
    assert working.work("study", "key") == 0
