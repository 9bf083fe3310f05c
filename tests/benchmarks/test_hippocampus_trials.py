"""Trials are of keys that bundles have, and each has a line of the page."""

import json
from pathlib import Path

import pytest

from hippocampus_trials import TRIALS, mean_of_seeds, section, settings_of
from medssl.analysis.bundles import checked_overrides, read_config
from medssl.engines.sizes import wrong_sizes

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"


@pytest.mark.parametrize("trial", TRIALS)
def test_a_trial_sets_keys_that_its_bundle_takes(trial):
    configs = BUNDLES / TRIALS[trial][0] / "configs"
    config = read_config([str(configs / name) for name in ("train.json", "small.json")]).config
    checked_overrides(config, settings_of(trial))
    assert not wrong_sizes(config, settings_of(trial))


def test_each_seed_has_a_line_and_what_was_not_run_is_named():
    known = {"linear": {"ours": [0.8, 0.7, 0.9], "over_untrained": [0.05, -0.01, 0.1]}}
    run = {
        "held_out": {"skill": 0.5, "skill_low": 0.4, "skill_high": 0.6},
        "knows": {"answers": {"part": known, "end": known}},
        **{"steps": 100, "cpu_minutes": 2.5},
    }
    trials = {"ae 16": [{**run, "seed": 0}, {**run, "seed": 1}]}
    means = {"ae 16": {"seeds": [0, 1], "knows": run["knows"]}, "ae long": {}}
    text = section(json.loads(json.dumps({"trials": trials, "means": means})))
    lines = [line for line in text.splitlines() if line.startswith("| autoencoder")]
    assert len(lines) == 3
    assert "| mean of 0, 1 |" in lines[2]
    assert "| 1 | 100 | 2.5 | 0.500 [0.400, 0.600] | 0.80, +0.05 [-0.01, +0.10] |" in lines[1]
    *table, left = text.strip().splitlines()
    assert "simclr" not in "".join(table)
    assert left.startswith("Written down and not run: ")
    assert left.count("simclr (`") == 2
    assert "autoencoder (`crop_size` [24, 24, 24]" in left


def test_one_seed_and_weights_that_are_elsewhere_have_no_mean(tmp_path):
    models = [tmp_path / "0.pt", tmp_path / "1.pt"]
    models[0].touch()
    assert mean_of_seeds([{"seed": 0}, {"seed": 1}], models, tmp_path) == {}
