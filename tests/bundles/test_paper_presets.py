"""The presets stop, validate and warm up after as many steps as the study did."""

import json
import math

import pytest

from .conftest import BUNDLES

# Cases or cubes in an epoch here and in the study, and the study's epochs: at most, between two
# validations, past the best one, and of a warm-up.
NCC = {"here": 2 * 721, "study": 2 * 11 * 721, "epochs": (10000, 5, 50, 25)}
LCS = {"here": 100, "study": 100, "epochs": (10000, 5, 200, 25)}
KEYS = ("max_epochs", "val_interval", "patience", "warmup_epochs")


@pytest.mark.parametrize(
    ("bundle", "task"), [("lung_nodule_ct_classification", NCC), ("liver_ct_segmentation", LCS)]
)
def test_presets_count_the_steps_of_the_study(bundle, task):
    configs = BUNDLES / bundle / "configs"
    config = json.loads((configs / "train.json").read_text())
    config |= json.loads((configs / "paper.json").read_text())
    steps = [math.floor(task[whose] / config["batch_size"]) for whose in ("here", "study")]
    for key, epochs in zip(KEYS, task["epochs"], strict=True):
        assert config[key] * steps[0] == pytest.approx(epochs * steps[1], rel=0.02), key
