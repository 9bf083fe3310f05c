"""All but the puzzles and PCRL learn from coarse phantoms, each within two minutes."""

import math

import pytest

from medssl.engines import read_metrics, read_trace

from .conftest import coarse_bodies, tiny

CROPS = 32  # of each scan, in training and held out

# A quarter of a metre of each body in 32 voxels: in less, one turn looks like another.
BODY_SPACING = 8.0
BODY_TASKS = {
    "pretrain_rotation": (10, {"crop_size": [32, 32, 32], "learning_rate": 0.001, "max_epochs": 4}),
    "pretrain_relative_patch_location": (
        26,
        {"patch_size": [8, 8, 8], "gap": 1, "base_channels": 8, "batch_size": 16}
        | {"crops_per_scan": 64, "learning_rate": 0.003, "max_epochs": 20},
    ),
}


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    """Twelve phantoms to learn from and four held out, so coarse that a small crop spans a body."""
    return coarse_bodies(tmp_path_factory.mktemp("bodies"), 16, BODY_SPACING, (0.7, 0.3, 0.0), 1)


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


@pytest.mark.slow
@pytest.mark.parametrize("bundle", BODY_TASKS)
def test_held_out_classes_are_told_better_than_by_guessing(bundle, bodies, run_bundle, tmp_path):
    classes, settings = BODY_TASKS[bundle]
    settings = {"data": bodies, "val_interval": settings["max_epochs"], **settings}
    metrics, losses = train(run_bundle, bundle, tmp_path / "learnt", **settings)
    print(metrics[-1], losses[::40])
    # Whatever a network says without a look, its hits among the 128 or 256 held-out samples are
    # binomial: four times chance is more than nine standard errors above it.
    assert metrics[-1]["accuracy"] > 4 / classes
    assert sum(losses[-40:]) / 40 < math.log(classes) - 0.5

    still = {**settings, "learning_rate": 0.0, "max_epochs": 1}
    metrics, _ = train(run_bundle, bundle, tmp_path / "untrained", **still)
    assert metrics[-1]["accuracy"] < 2 / classes
