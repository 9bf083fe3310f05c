"""Rotation, restoration and both contrastive methods learn from coarse phantoms in two minutes."""

import math

import pytest

from medssl.engines import read_metrics, read_trace

from .conftest import tiny

PAIRS = 32  # one validation scan, so many held-out samples


def train(run_bundle, bundle, output, **settings):
    """Train at a small size; first and last validation metrics, and the losses by step."""
    small = {**tiny(bundle), "base_channels": 4, "batch_size": 8, "crops_per_scan": PAIRS}
    run_bundle(bundle, ["train"], output_dir=str(output), **{**small, **settings})
    metrics = list(read_metrics(output / "trace.jsonl").values())
    return metrics, list(read_trace(output / "trace.jsonl").values())


@pytest.mark.slow
def test_rotations_are_told_apart(run_bundle, tmp_path):
    crop = {"crop_size": [24, 24, 24], "learning_rate": 0.003, "max_epochs": 30}
    metrics, losses = train(run_bundle, "pretrain_rotation", tmp_path, **crop)
    print(metrics[-1], losses[::40])
    accuracy = sum(epoch["accuracy"] for epoch in metrics[-5:]) / 5
    assert accuracy > 0.1 + 4 * (0.09 / PAIRS) ** 0.5  # four standard errors above guessing
    assert sum(losses[-40:]) < 0.9 * sum(losses[:40])


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ["pretrain_models_genesis", "pretrain_autoencoder"])
@pytest.mark.parametrize("skip", [True, False])
def test_cubes_are_restored(bundle, skip, run_bundle, tmp_path):
    settings = {"max_epochs": 20, "skip": skip}
    metrics, losses = train(run_bundle, bundle, tmp_path, **settings)
    print(metrics[0], metrics[-1], losses[::40])
    assert sum(losses[-20:]) / 20 < 0.5 * losses[0]
    assert metrics[-1]["mse"] < 0.7 * max(epoch["mse"] for epoch in metrics[:3])


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
