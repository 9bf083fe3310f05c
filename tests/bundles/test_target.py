"""BYOL's two encoders: both are saved, both can be handed over, and pretraining learns."""

import json

import pytest

from medssl.engines import read_metrics, read_trace
from medssl.weights import load_torch

from .conftest import TASKS, tiny

BUNDLE = "pretrain_byol"


@pytest.fixture
def pretraining(run_bundle, tmp_path):
    """A bundle folder with a short training in it."""
    folder = tmp_path / "bundle"
    run_bundle(BUNDLE, ["train"], output_dir=str(folder / "models"), **tiny(BUNDLE))
    return folder


def test_both_encoders_are_saved_and_either_is_handed_over(run_bundle, pretraining, tmp_path):
    models = pretraining / "models"
    weights = {file: load_torch(models / file) for file in ("model.pt", "target.pt")}
    online, target = weights.values()
    assert online.keys() == target.keys()
    assert {name.split(".")[0] for name in target} == {"encoder"}
    assert not all(online[name].equal(target[name]) for name in online)
    checkpoint = load_torch(models / "checkpoint.pt")["state"]["network"]
    assert all(checkpoint[f"target.{name}"].equal(value) for name, value in target.items())
    assert json.loads((models / "provenance.json").read_text())["sha256"].keys() == weights.keys()
    for branch, expected in (("online", online), ("target", target)):
        settings = {**tiny(TASKS[0]), "scheme": "frozen", "transfer_from": branch}
        output = tmp_path / branch
        run_bundle(
            TASKS[0], ["train"], output_dir=str(output), pretrained=str(pretraining), **settings
        )
        trained = load_torch(output / "model.pt")
        assert all(trained[name].equal(value) for name, value in expected.items())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pretraining_learns_without_collapse(run_bundle, tmp_path, seed):
    """Views that differ little, so that a network of four channels learns within a minute."""
    settings = {**tiny(BUNDLE), "base_channels": 4, "batch_size": 12, "crop_size": [24, 24, 24]}
    settings |= {"crops_per_scan": 24, "max_epochs": 24, "val_interval": 24, "seed": seed}
    settings |= {"learning_rate": 0.5, "target_momentum": 0.95, "validate#dataset#seed": 0}
    settings |= {f"{part}#dataset#min_iou": 0.7 for part in ("train", "validate")}
    views = {"max_degrees": 5.0, "scale_range": [0.95, 1.05], "max_sigma": 0.5}
    settings |= {f"train#preprocessing#{name}": value for name, value in views.items()}
    settings["validate#dataset#crops_per_scan"] = 64
    run_bundle(BUNDLE, ["train"], output_dir=str(tmp_path), **settings)
    losses = list(read_trace(tmp_path / "trace.jsonl").values())
    (metrics,) = read_metrics(tmp_path / "trace.jsonl").values()
    print("FIG", losses[:1], losses[-8:], metrics)
    assert losses[0] > 3.5  # views have nothing in common yet
    assert sum(losses[-8:]) / 8 < 1.5
    assert metrics["spread"] > 0.15
