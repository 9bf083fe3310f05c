"""Whole steps and steps on a batch that is there take turns, by CPU time or the GPU's."""

import pytest
import torch

import medssl.engines
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


SMALL = {"crop_size": [16, 16, 16], "base_channels": 4, "batch_size": 2, "num_workers": 0}


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "SECONDS", 0)
    for number in range(3):
        save_nifti(tmp_path / "raw" / f"{number}.nii.gz", small_ct((24, 22, 20), number))
    prepare_images(tmp_path / "raw", tmp_path / "data", fractions=(0.4, 0.3, 0.3))
    threads = torch.get_num_threads()
    yield tmp_path / "data"
    torch.set_num_threads(threads)


def test_a_bundles_step_is_measured(data):
    row = bench_step("pretrain_autoencoder", data, CPU, 3, **SMALL)
    assert torch.get_num_threads() == 1
    assert (row["turns"], row["batch"]) == (3, 2)
    assert row["full_s"] > 0 < row["model_s"]
    assert row["ratio"].low <= row["ratio"].median <= row["ratio"].high
    assert row["ratio"].median == pytest.approx(row["full_s"] / row["model_s"], rel=2)
    # Crops of 16 voxels are learnt from in float32 on every CPU.
    assert (row["precision"], row["layout"]) == ("off", "channels last")


def test_a_step_is_compiled_where_its_variant_says_so_and_settled_as_a_run_is(data, monkeypatch):
    compiled, called, settled = [], [], []

    def compile_network(network):
        compiled.append(type(network).__name__)

        class Compiled(torch.nn.Module):
            def forward(self, images):
                called.append(1)
                return network(images)

        return Compiled()

    monkeypatch.setattr(torch, "compile", compile_network)
    monkeypatch.setattr(medssl.engines, "settle", lambda **given: settled.append(given))
    for name, variant in steps.VARIANTS.items():
        for seen in (compiled, called, settled):
            seen.clear()
        given = {**SMALL, **variant, "amp": "off"}
        row = bench_step("pretrain_autoencoder", data, CPU, 1, **given)
        assert compiled == ["UNet3D"] * ("compile" in name), name
        assert len(called) == 4 * ("compile" in name), name  # twice each, the first to warm up
        assert settled == [{"seed": 0, "device": CPU, "deterministic": False}], name
        assert row["layout"].endswith("last") == ("channels_last" in name)
