"""Pretraining learns by its small recipe: skill on held-out phantoms, not a falling loss.

What the recipes reach on real scans is in docs/learning.md; here they are cut short, so that each
takes minutes. BYOL, which has not learnt there, is not asked here either,
nor are those that begin to only after more minutes than a test may take: PCRL restores a mean for
its first 1,760 steps (docs/learning.md, line 36), SimCLR had found more partners than grey values
do after 3,520 steps (line 39), and relative patch location, whose interval on real scans reached
0 after 4,500 steps (line 14), stood at 0.00 [-0.06, 0.02] on these phantoms after 1,920. A test of
fewer steps could not tell their learning from a fault. That PCRL's parts work is tested below, and
losses and metrics of the others with their own modules.
"""

import json

import pytest

from medssl.engines import read_metrics
from medssl.weights import load_torch

from .conftest import BUNDLES, coarse_bodies

SCANS, SHARES = 24, (0.67, 0.33, 0.0)
# As many epochs as it took to be clear of what needs no learning.
EPOCHS = {
    "pretrain_autoencoder": 10,
    "pretrain_models_genesis": 10,
    "pretrain_jigsaw": 10,
    "pretrain_rotation": 20,
    "pretrain_rubiks_cube": 40,
}
# Phantoms are chests, of which the rule "auto" takes the lungs. Beside their mean these hold noise
# and thin vessels: after 20 epochs Models Genesis stood at 0.00 [-0.04, 0.03] there.
WHERE = {"pretrain_models_genesis": {"crop_rule": "body"}}


@pytest.fixture(scope="session")
def bodies(tmp_path_factory):
    """Phantoms at a voxel size, a third of them held out; made once for each size."""
    made = {}

    def at(spacing):
        if spacing not in made:
            folder = tmp_path_factory.mktemp(f"bodies_{spacing:g}mm")
            made[spacing] = coarse_bodies(folder, SCANS, spacing, SHARES, 2)
        return made[spacing]

    return at


@pytest.fixture
def learn(run_bundle, bodies, tmp_path):
    """Train by the small recipe; the metrics of the last validation."""

    def run(bundle, **settings):
        small = json.loads((BUNDLES / bundle / "configs" / "small.json").read_text())
        epochs = settings.get("max_epochs") or EPOCHS[bundle]
        places = {"data": bodies(small["spacing"]), "output_dir": str(tmp_path / "run")}
        length = {"max_epochs": epochs, "val_interval": epochs, "num_workers": 0}
        settings = {**length, **WHERE.get(bundle, {}), **settings}
        run_bundle(bundle, ["train", "small"], **places, **settings)
        metrics = read_metrics(tmp_path / "run" / "trace.jsonl")[epochs]
        print(bundle, metrics)
        return metrics

    return run


@pytest.mark.slow
@pytest.mark.parametrize("bundle", EPOCHS)
def test_more_is_learnt_than_needs_no_learning(bundle, learn):
    assert learn(bundle)["skill_low"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bundle", "skip"), [("pretrain_models_genesis", True), ("pretrain_autoencoder", False)]
)
def test_cubes_are_restored_with_skip_connections_and_without(bundle, skip, learn):
    assert learn(bundle, skip=skip)["skill_low"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ["pretrain_rotation", "pretrain_jigsaw"])
def test_a_network_that_is_not_trained_has_no_skill(bundle, learn):
    assert learn(bundle, learning_rate=0.0, max_epochs=1)["skill_low"] <= 0


@pytest.mark.slow
def test_pcrl_keeps_what_its_queue_has_seen(learn, tmp_path):
    metrics = learn("pretrain_pcrl", max_epochs=2)
    assert metrics["spread"] > 0.1
    state = load_torch(tmp_path / "run" / "checkpoint.pt")["state"]["loss"]
    assert state["queue.keys"].shape == (512, 128)
    assert 0 < state["queue.pushed"] == 2 * 8 * (16 * 16 // 8) * 2
