"""PCRL learns both of its tasks on the phantom, with and without skip connections."""

import math

import pytest

from medssl.engines import read_metrics, read_trace
from medssl.weights import load_torch

from .conftest import tiny

BUNDLE = "pretrain_pcrl"
QUEUE = 256


@pytest.mark.slow
@pytest.mark.parametrize("skip", [True, False])
def test_restoration_and_recognition_improve(run_bundle, tmp_path, skip):
    settings = {**tiny(BUNDLE), "base_channels": 4, "batch_size": 8, "max_epochs": 50}
    settings |= {"crops_per_scan": 16, "val_interval": 1, "skip": skip}
    settings |= {"learning_rate": 0.05, "queue_size": QUEUE, "target_momentum": 0.99}
    run_bundle(BUNDLE, ["train"], output_dir=str(tmp_path), **settings)
    metrics = list(read_metrics(tmp_path / "trace.jsonl").values())
    losses = list(read_trace(tmp_path / "trace.jsonl").values())
    print(metrics[0], metrics[-1], losses[::20])
    assert metrics[-1]["mse"] < 0.5 * metrics[0]["mse"]
    # A network that tells no crop from another scores the logarithm of all there is to choose from.
    assert sum(losses[-40:]) / 40 < math.log(1 + QUEUE) - 0.6
    assert metrics[-1]["spread"] > 0.1
    checkpoint = load_torch(tmp_path / "checkpoint.pt")["state"]
    assert checkpoint["loss"]["queue.pushed"] == 2 * 8 * len(losses)
    assert checkpoint["loss"]["queue.keys"].shape == (QUEUE, 128)
