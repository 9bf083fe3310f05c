"""PCRL learns both of its tasks on the phantom, with and without skip connections."""

import pytest

from medssl.engines import read_metrics, read_trace
from medssl.weights import load_torch

from .conftest import tiny

BUNDLE = "pretrain_pcrl"
VALIDATION_PAIRS = 16


@pytest.mark.slow
@pytest.mark.parametrize("skip", [True, False])
def test_restoration_and_retrieval_improve(run_bundle, tmp_path, skip):
    settings = {**tiny(BUNDLE), "base_channels": 4, "batch_size": 8, "max_epochs": 50}
    settings |= {"crops_per_scan": VALIDATION_PAIRS, "val_interval": 1, "skip": skip}
    settings |= {"learning_rate": 0.05, "queue_size": 256, "target_momentum": 0.99}
    run_bundle(BUNDLE, ["train"], output_dir=str(tmp_path), **settings)
    metrics = list(read_metrics(tmp_path / "trace.jsonl").values())
    losses = list(read_trace(tmp_path / "trace.jsonl").values())
    print(metrics[0], metrics[-1], losses[::20])
    assert metrics[-1]["mse"] < 0.5 * metrics[0]["mse"]
    found = sum(epoch["retrieval_top1"] for epoch in metrics[-5:]) / 5
    assert found > 3 / VALIDATION_PAIRS
    assert metrics[-1]["spread"] > 0.1
    checkpoint = load_torch(tmp_path / "checkpoint.pt")["state"]
    assert checkpoint["loss"]["queue.pushed"] == 2 * 8 * len(losses)
    assert checkpoint["loss"]["queue.keys"].shape == (256, 128)
