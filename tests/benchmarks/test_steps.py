"""Whole steps and steps on a batch that is there take turns, by CPU time or the GPU's."""

import pytest
import torch

import steps
from medssl.sources import prepare_images
from steps import bench_step
from tests.scans import save_nifti, small_ct

CPU = torch.device("cpu")


def test_single_steps_take_turns_and_which_is_first_alternates(monkeypatch):
    calls = []
    monkeypatch.setattr(steps, "SECONDS", 0)
    taken = steps._cpu_turns(lambda: calls.append("w"), lambda: calls.append("m"), 4)
    assert "".join(calls) == "wm" + "wmmwwmmw"
    assert {name: len(found) for name, found in taken.items()} == {"full": 4, "model": 4}


def test_short_steps_are_many(monkeypatch):
    monkeypatch.setattr(steps, "cpu_time", lambda _: 1.0)
    taken = steps._cpu_turns(lambda: None, lambda: None, 4)
    assert len(taken["full"]) == steps.SECONDS // 2


def test_on_a_gpu_what_workers_have_ready_is_not_timed(monkeypatch):
    """Batches that they make while the other side has its turn come without a wait."""
    ready, calls = [6], []

    def whole():
        ready[0] -= 1
        calls.append(1.0 if ready[0] >= 0 else 3.0)

    def model():
        ready[0] = 6  # the workers go on meanwhile
        calls.append(1.0)

    def seconds_of(action, times, device):
        for _ in range(times):
            action()
        return calls[-times:]

    monkeypatch.setattr(steps, "seconds_of", seconds_of)
    taken = steps._gpu_turns(whole, model, 12, 6, torch.device("cuda"))
    assert taken == {"full": [3.0] * 3, "model": [1.0] * 3}


def test_a_bundles_step_is_measured(tmp_path, monkeypatch):
    for number in range(3):
        save_nifti(tmp_path / "raw" / f"{number}.nii.gz", small_ct((24, 22, 20), number))
    prepare_images(tmp_path / "raw", tmp_path / "data", fractions=(0.4, 0.3, 0.3))
    monkeypatch.setattr(steps, "SECONDS", 0)
    threads = torch.get_num_threads()
    small = {"crop_size": [16, 16, 16], "base_channels": 4, "batch_size": 2, "num_workers": 0}
    try:
        row = bench_step("pretrain_autoencoder", tmp_path / "data", CPU, 3, **small)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    assert (row["turns"], row["batch"]) == (3, 2)
    assert row["full_s"] > 0 < row["model_s"]
    assert row["ratio"].low <= row["ratio"].median <= row["ratio"].high
    assert row["ratio"].median == pytest.approx(row["full_s"] / row["model_s"], rel=2)
