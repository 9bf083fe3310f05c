"""SIGKILL in the middle of a training, the same command again: nothing is lost, nothing differs."""

import json
import signal
import time
from functools import partial

import pytest

from medssl.engines import read_trace
from medssl.weights import load_torch

from ..warm import Warm
from .conftest import PATCH_KEYS, PRETEXT, TASKS, command, tiny

# One of each family; the rest is slow.
FAST = {
    "pretrain_rotation": ("off", 2),
    "pretrain_models_genesis": ("auto", 0),
    "pretrain_byol": ("auto", 2),
    "pretrain_pcrl": ("off", 0),
    "lung_nodule_ct_segmentation": ("off", 0),
}


def combinations():
    for bundle in PRETEXT + TASKS:
        for amp in ("off", "auto"):
            for workers in (0, 2):
                marks = () if FAST.get(bundle) == (amp, workers) else pytest.mark.slow
                yield pytest.param(bundle, amp, workers, marks=marks)


def kill_after(words: list[str], folder, lines: int) -> None:
    """Start the run, SIGKILL it once its trace has so many lines."""
    process = Warm(words, folder.parent)
    trace = folder / "trace.jsonl"
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if trace.exists() and trace.read_bytes().count(b"\n") >= lines:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    assert process.wait(timeout=60) == -signal.SIGKILL


@pytest.fixture
def goes_on(tmp_path, data_of, shell, new_shell, run_bundle):
    """Kill a run, start it again and compare it with one that was let alone."""
    return partial(_goes_on, tmp_path, data_of, shell, new_shell, run_bundle)


def _goes_on(tmp_path, data_of, shell, new_shell, run_bundle, bundle, **more):
    settings = {**tiny(bundle), "max_epochs": 6, "checkpoint_every": 2, "val_interval": 2, **more}

    def words(name: str) -> list[str]:
        return command(
            bundle, ["train"], data_of(bundle), output_dir=str(tmp_path / name), **settings
        )

    whole = shell(words("whole"))
    assert whole.returncode == 0, whole.stderr
    kill_after(words("killed"), tmp_path / "killed", lines=7)
    killed = read_trace(tmp_path / "killed" / "trace.jsonl")
    expected = read_trace(tmp_path / "whole" / "trace.jsonl")
    assert len(killed) < len(expected)
    if bundle == PRETEXT[0]:
        resumed = new_shell(words("killed"))
        assert resumed.returncode == 0, resumed.stderr
    else:
        run_bundle(bundle, ["train"], output_dir=str(tmp_path / "killed"), **settings)
    assert read_trace(tmp_path / "killed" / "trace.jsonl") == expected
    for name in ("model.pt", "checkpoint.pt"):
        ours, theirs = (load_torch(tmp_path / folder / name) for folder in ("whole", "killed"))
        ours, theirs = (w.get("state", {}).get("network", w) for w in (ours, theirs))
        assert ours.keys() == theirs.keys()
        assert all(ours[key].equal(theirs[key]) for key in ours), name
    hashes = [
        json.loads((tmp_path / f / "run.json").read_text())["hash"] for f in ("whole", "killed")
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(("bundle", "amp", "workers"), combinations())
def test_killed_and_resumed_equals_uninterrupted(bundle, amp, workers, goes_on):
    """Resumed in a new interpreter, or in this one: strings have other hashes there."""
    settings = {"amp": amp, "num_workers": workers}
    if amp == "auto":  # bf16 where the CPU has it, but for crops smaller than these
        settings[PATCH_KEYS.get(bundle, "crop_size")] = [24, 24, 24]
    goes_on(bundle, **settings)


@pytest.mark.gpu
@pytest.mark.parametrize("bundle", FAST)
@pytest.mark.parametrize("amp", ["off", "auto"])
def test_on_a_gpu_it_does_where_kernels_repeat_their_bits(bundle, amp, goes_on):
    goes_on(bundle, amp=amp, num_workers=2, device="cuda", deterministic=True)
