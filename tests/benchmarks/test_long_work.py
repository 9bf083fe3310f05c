"""Memory over long work: what is held is summed over children, and growth is seen."""

import copy
import json
import subprocess
import sys

import pytest

import long_work
from long_work import (
    PAGE,
    faults,
    flatness,
    held_mib,
    make_empty,
    section,
    steps_done,
    watched,
)
from measured import made_now

HOLD = """
import time
kept = bytearray(b"x") * (100 << 20)
print("ready", flush=True)
time.sleep(60)
"""
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


def test_what_a_child_holds_counts():
    words = [sys.executable, "-c", CHILD, HOLD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout.readline() == "ready\n"
        held = held_mib(process.pid)
        subprocess.run(["pkill", "-P", str(process.pid)], check=True)
    assert 100 < held < 200
    assert held_mib(process.pid) == 0


def test_a_failure_names_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(long_work, "EVERY", 0.01)
    with pytest.raises(RuntimeError, match=r"exit status 3; see .*log"):
        watched([sys.executable, "-c", "raise SystemExit(3)"], lambda: 0, tmp_path / "log")


def test_growth_is_seen_and_a_start_is_none():
    flat = [(done, 100.0 if done < 5 else 300.0) for done in range(101)]
    assert flatness(flat) == {"after_a_tenth": 300, "at_the_end": 300, "most": 300}
    leaking = [(done, 100.0 + done) for done in range(101)]
    assert flatness(leaking) == {"after_a_tenth": 115, "at_the_end": 195, "most": 200}


KEPT = json.loads(PAGE.with_name("reliability_long.json").read_text(encoding="utf-8"))


def test_the_page_says_what_was_measured():
    text = PAGE.read_text(encoding="utf-8")
    begin, end = (f"<!-- long work: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(KEPT)}"
    assert KEPT["steps"] == KEPT["training"]["curve"][-1][0] >= 3000


def test_a_run_keeps_when_where_and_by_which_commit_it_was(tmp_path, monkeypatch):
    curve = [(done, 100.0) for done in range(11)]
    monkeypatch.setattr(long_work, "prepare_many", lambda *_: curve)
    monkeypatch.setattr(long_work, "train_long", lambda *_: curve)
    monkeypatch.setattr(long_work, "prepare_large", lambda _: KEPT["large"])
    monkeypatch.setattr(long_work, "write_between", lambda *_: None)
    output = tmp_path / "long.json"
    words = ["--work", str(tmp_path / "work"), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", ["long_work.py", *words])
    long_work.main()
    assert made_now().items() <= json.loads(output.read_text()).items()


def test_what_was_measured_is_no_fault_but_growth_would_be():
    assert faults(KEPT) == []
    for name in ("preparation", "training"):
        grown = copy.deepcopy(KEPT)
        grown[name]["at_the_end"] = 1.11 * grown[name]["after_a_tenth"]
        (fault,) = faults(grown)
        assert fault.startswith(f"{name}: from ")
    large = copy.deepcopy(KEPT)
    large["large"]["peak_mib"] = 2.51 * large["large"]["scan_mib"]
    assert faults(large) == ["large scan: 753 MiB for 300, at most 2.5 times"]


def test_validations_and_half_a_line_are_no_steps(tmp_path):
    trace = tmp_path / "trace.jsonl"
    assert steps_done(trace) == 0
    step = '{"iteration": %d, "epoch": 1, "loss": 0.5}\n'
    lines = [step % 1, step % 2, '{"epoch": 1, "metrics": {"mse": 0.5}}\n', step % 3, '{"iter']
    trace.write_text("".join(lines))
    assert steps_done(trace) == 3


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    make_empty(tmp_path / "new")
    make_empty(tmp_path / "new")
    with pytest.raises(SystemExit, match="not empty; remove it"):
        make_empty(tmp_path)
