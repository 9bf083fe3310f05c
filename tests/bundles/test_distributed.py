"""``multi_gpu_train.json`` under torchrun, on two gloo ranks where there is no GPU."""

import os
import signal
import subprocess
import sys
import time

import pytest

from medssl.analysis import diagnose
from medssl.engines import read_metrics, read_trace
from medssl.weights import load_torch

from .conftest import PRETEXT, TASKS, command, run_two_ranks, tiny

FAST = ("pretrain_rotation", "pretrain_simclr", "pretrain_pcrl")


def bundles():
    for bundle in PRETEXT + TASKS:
        yield pytest.param(bundle, marks=() if bundle in FAST else pytest.mark.slow)


def torchrun(words: list[str]) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    return [*launcher, *words[words.index("-m") :]]


@pytest.mark.parametrize("bundle", bundles())
def test_two_ranks_train_validate_and_resume(bundle, tmp_path, data_of, new_shell):
    """The first under torchrun itself, the others on ranks that are started as torchrun does."""
    settings = {**tiny(bundle), "max_epochs": 2, "output_dir": str(tmp_path / "out")}
    words = command(bundle, ["train", "multi_gpu_train"], data_of(bundle), **settings)
    first = [new_shell(torchrun(words))] if bundle == FAST[0] else run_two_ranks(words, tmp_path)
    assert not any(rank.returncode for rank in first), first
    trace = read_trace(tmp_path / "out" / "trace.jsonl")
    assert list(read_metrics(tmp_path / "out" / "trace.jsonl")) == [1, 2]
    again = run_two_ranks(words, tmp_path)
    assert not any(rank.returncode for rank in again), again
    assert read_trace(tmp_path / "out" / "trace.jsonl") == trace
    if bundle in PRETEXT:  # in one process, on the samples that two had shared
        findings = diagnose(tmp_path / "out", data_of(bundle)).findings
        assert "feature spread" in {finding.check for finding in findings}


@pytest.mark.slow
@pytest.mark.parametrize("to_all", [False, True])
def test_a_signal_to_torchrun_leaves_a_checkpoint_and_costs_nothing(tmp_path, data_of, to_all):
    """To torchrun alone, or, as SLURM sends it before the time limit, to all processes."""
    folder, bundle = tmp_path / "out", FAST[0]
    settings = {**tiny(bundle), "max_epochs": 100, "val_interval": 100}
    given = command(bundle, ["train", "multi_gpu_train"], data_of(bundle), **settings)
    words = torchrun([*given, "--output_dir", str(folder)])
    trace, deadline = folder / "trace.jsonl", time.monotonic() + 120
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as run:
        while time.monotonic() < deadline and not (trace.exists() and trace.stat().st_size):
            time.sleep(0.01)
        (os.killpg if to_all else os.kill)(run.pid, signal.SIGTERM)
        output, told = run.communicate(timeout=60)
    done = load_torch(folder / "checkpoint.pt")["iteration"]
    assert f"stopped at iteration {done} (SIGTERM)" in output
    assert max(read_trace(trace)) == done
    assert run.returncode
    assert told.count("Traceback") == told.count("SignalException: Process") == 1  # its own
    whole = [*given, "--output_dir", str(tmp_path / "whole")]
    for each in ([*given, "--output_dir", str(folder)], whole):
        assert not any(rank.returncode for rank in run_two_ranks(each, tmp_path))
    assert read_trace(trace) == read_trace(tmp_path / "whole" / "trace.jsonl")
    stopped, alone = (load_torch(each / "model.pt") for each in (folder, tmp_path / "whole"))
    assert all(stopped[name].equal(alone[name]) for name in alone)
