"""The puzzles are learnt from whole bodies: held-out accuracy well above chance."""

import math

import pytest

from medssl.engines import read_metrics, read_trace

from .conftest import coarse_bodies

SPACING = 5.0
# Accuracy by guessing: 1 of 100 orders; for the others the mean with flags of two values.
CHANCE = {
    "pretrain_jigsaw": 0.01,
    "pretrain_rubiks_cube": (0.01 + 0.5) / 2,
    "pretrain_rubiks_cube_plus": (0.01 + 0.5 + 0.5) / 3,
}
FLAG_HEADS = {"pretrain_jigsaw": 0, "pretrain_rubiks_cube": 2, "pretrain_rubiks_cube_plus": 3}


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    """Phantoms so coarse that a grid of small cubes spans a thorax."""
    return coarse_bodies(tmp_path_factory.mktemp("bodies"), 8, SPACING, (0.7, 0.2, 0.1), 2)


@pytest.mark.slow
@pytest.mark.parametrize("bundle", CHANCE)
def test_held_out_puzzles_are_solved_better_than_by_guessing(bundle, bodies, run_bundle, tmp_path):
    settings = {"cube_size": [16, 16, 16], "jitter": 2, "crops_per_scan": 64, "batch_size": 8}
    settings |= {"base_channels": 4, "learning_rate": 0.003, "max_epochs": 16, "val_interval": 16}
    run_bundle(bundle, ["train"], data=bodies, output_dir=str(tmp_path), num_workers=0, **settings)
    accuracy = read_metrics(tmp_path / "trace.jsonl")[16]["accuracy"]
    # 128 held-out puzzles: beyond four standard errors of guessing orders, or of guessing flags.
    assert accuracy > CHANCE[bundle] + 0.035
    losses = list(read_trace(tmp_path / "trace.jsonl").values())
    guessing = math.log(100) + FLAG_HEADS[bundle] * math.log(2)
    assert sum(losses[-40:]) / 40 < guessing - 0.5
