"""Starts are timed in processes of their own: what they compute, and what is waited for."""

import sys
from types import SimpleNamespace

import pytest
from ignite.engine import Events
from monai.bundle import ConfigParser

import startup
from startup import FIRST_STEP, IMPORTS, Taken, estimates, estimates_table, seconds_of_process

CHILD = """
import os, pathlib, subprocess
subprocess.run(["bash", "-c", "for i in {1..200000}; do :; done"])
pathlib.Path("used").write_text(" ".join(map(str, os.times()[:4])))
"""


def test_waiting_is_told_from_computing(tmp_path, monkeypatch):
    """The clock for the one, what the process and its children say of themselves for the other."""
    clock = iter([10.0, 1010.0])
    monkeypatch.setattr(startup.time, "monotonic", lambda: next(clock))
    monkeypatch.chdir(tmp_path)
    taken = seconds_of_process([sys.executable, "-c", CHILD])
    assert taken.wall_s == 1000
    used = list(map(float, (tmp_path / "used").read_text().split()))
    assert used[2] > 0  # of its child
    assert 0.9 * sum(used) < taken.cpu_s < 500


def test_what_fails_is_named():
    with pytest.raises(RuntimeError, match=r"false: exit status 1$"):
        seconds_of_process(["false"])


def test_an_estimate_is_asked_for_as_it_is_typed(tmp_path, monkeypatch):
    asked = []

    def seconds(words):
        asked.append(words)
        return Taken(61.26, 42.34)

    monkeypatch.setattr(startup, "seconds_of_process", seconds)
    rows = list(estimates(tmp_path))
    for words, bundle in zip(asked, startup.ESTIMATED, strict=True):
        config = startup.ROOT / "bundles" / bundle / "configs" / "train.json"
        assert words[-4:] == ["estimate", str(config), "--data", str(tmp_path)]
        assert config.is_file()
    assert [(row["cpu_s"], row["wall_s"]) for row in rows] == [(61.3, 42.3)] * len(asked)
    line = estimates_table(rows).splitlines()[2]
    assert line == f"| `pretrain_simclr` | {rows[0]['cores']} | 61.3 | 42.3 |"


def test_a_training_ends_as_other_processes_do_where_its_first_step_would_begin():
    """By the end of Python, which takes its time as it does in the other rows."""
    found = []
    trainer = SimpleNamespace(add_event_handler=lambda *given: found.append(given))
    parser = ConfigParser({"imports": IMPORTS, "train": {"trainer": trainer}, "run": FIRST_STEP})
    parser.get_parsed_content("run")
    ((event, handler),) = found
    assert event == Events.ITERATION_STARTED
    with pytest.raises(SystemExit) as ended:
        handler(None)
    assert ended.value.code == 0
