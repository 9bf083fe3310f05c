"""Memory over long work: what is held is summed over children, and growth is seen."""

import subprocess
import sys

import pytest

import long_work
from long_work import flatness, held_mib, watched

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
