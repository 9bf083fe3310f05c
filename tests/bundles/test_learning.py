"""Restoring and contrastive methods learn from coarse phantoms, each within two minutes."""

import math

import pytest

from medssl.engines import read_metrics, read_trace

from .conftest import tiny

CROPS = 32  # of each scan, in training and held out


def train(run_bundle, bundle, output, **settings):
    """Train at a small size; first and last validation metrics, and the losses by step."""
    small = {**tiny(bundle), "base_channels": 4, "batch_size": 8, "crops_per_scan": CROPS}
    run_bundle(bundle, ["train"], output_dir=str(output), **{**small, **settings})
    metrics = list(read_metrics(output / "trace.jsonl").values())
    return metrics, list(read_trace(output / "trace.jsonl").values())


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ["pretrain_models_genesis", "pretrain_autoencoder"])
@pytest.mark.parametrize("skip", [True, False])
def test_cubes_are_restored(bundle, skip, run_bundle, tmp_path):
    settings = {"max_epochs": 20, "skip": skip}
    metrics, losses = train(run_bundle, bundle, tmp_path, **settings)
    print(metrics[0], metrics[-1], losses[::40])
    assert sum(losses[-20:]) / 20 < 0.5 * losses[0]
    assert metrics[-1]["mse"] < 0.5 * losses[0]  # held out


@pytest.mark.slow
def test_simclr_tells_partners_from_others(run_bundle, tmp_path):
    settings = {"batch_size": 16, "learning_rate": 0.05, "max_epochs": 30}
    _, losses = train(run_bundle, "pretrain_simclr", tmp_path, **settings)
    print(losses[::40])
    assert sum(losses[-20:]) / 20 < math.log(2 * 16 - 1) - 0.4  # all views alike


@pytest.mark.slow
def test_byol_agrees_without_collapse(run_bundle, tmp_path):
    settings = {"batch_size": 16, "learning_rate": 0.01, "max_epochs": 12}
    metrics, losses = train(run_bundle, "pretrain_byol", tmp_path, **settings)
    print(metrics[-1], losses[::20])
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    assert metrics[-1]["spread"] > 0.1
