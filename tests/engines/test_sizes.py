"""Sizes that no network can take are refused by their key; those that one takes are not."""

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.engines.sizes import wrong_sizes
from medssl.networks import EncoderClassifier, UNet3D
from tests.bundles.conftest import BUNDLES, PRETEXT, TASKS

UNET = {"network_def": {"_target_": "medssl_x_0_1.networks.UNet3D"}, "crop_size": [96, 96, 96]}
DOWN = {"network_def": {"_target_": "medssl.networks.EncoderClassifier"}, "cube_size": None}
PUZZLE = {"network_def": {"_target_": "medssl.networks.PuzzleNetwork"}, "cube_size": [64, 64, 32]}
TRAIN = {"train": {}}


def of(bundle, *configs):
    paths = [str(BUNDLES / bundle / "configs" / f"{name}.json") for name in configs]
    return ConfigParser.load_config_files(paths)


@pytest.mark.parametrize("size", [[6, 6, 6], (8, 8, 8), 64, [64, 64], [64, 64, 64, 64]])
@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_every_training_refuses_what_none_can_take(bundle, size):
    (line,) = wrong_sizes(of(bundle, "train"), {"crop_size": size})
    assert line.startswith(f"crop_size: {size}, expected three voxel counts (x, y, z)")
    assert "\n" not in line


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_what_the_bundles_hold_fits(bundle):
    paper = (BUNDLES / bundle / "configs" / "paper.json").is_file()
    for configs in (["train", "paper"] if paper else ["train"], ["inference"]):
        assert wrong_sizes(of(bundle, *configs), {}) == []


@pytest.mark.parametrize(
    ("config", "given", "expected"),
    [
        (UNET, {"crop_size": [20, 20, 20]}, "that are multiples of 8, such as [64,64,64]"),
        (UNET | TRAIN, {"crop_size": [20, 20, 20]}, "that are multiples of 8, one of them 16 or m"),
        (UNET, {"window_size": [0, 0, 12]}, "that are multiples of 8, or 0 for the whole side, su"),
        (UNET | {"crop_size": [96, 96]}, {}, "that are multiples of 8"),
        (DOWN | TRAIN, {"crop_size": [8, 8, 12]}, "of 8 or more, one of them 16 or more, such as"),
        (PUZZLE | TRAIN, {"cube_size": [64, 64, 6]}, "of 8 or more, such as [64,64,64]"),
        (PUZZLE | TRAIN, {"cube_size": 64}, "of 8 or more, such as [64,64,64]"),
    ],
)
def test_each_is_told_with_what_is_expected(config, given, expected):
    (line,) = wrong_sizes(config, given)
    key = next(iter(given), "crop_size")
    value = given.get(key, config.get(key))
    assert line.startswith(f"{key}: {value}, expected three voxel counts (x, y, z) {expected}")


@pytest.mark.parametrize(
    ("config", "given"),
    [
        (UNET, {"window_size": [0, 0, 32], "crop_size": [8, 8, 8]}),
        (UNET | TRAIN, {"window_size": "@crop_size", "crop_size": "$[64] * 3"}),
        (UNET | TRAIN, {"crop_size": [64, 64, 8]}),
        (DOWN | TRAIN, {"crop_size": [20, 20, 20], "cube_size": 20}),
        (PUZZLE | TRAIN, {"cube_size": [8, 8, 8]}),
        ({"network_def": {"_target_": "my.networks.Other"}}, {"crop_size": [5, 5, 5]}),
        ({"network_def": "$my.network()"}, {"crop_size": [5, 5, 5]}),
        ({}, {"crop_size": [5, 5, 5]}),
    ],
)
def test_what_may_fit_passes(config, given):
    assert wrong_sizes(config, given) == []


@pytest.mark.parametrize("size", [[6, 6, 6], [8, 8, 8], [20, 20, 20], [16, 8, 8], [24, 16, 9]])
@pytest.mark.parametrize(("config", "network"), [(UNET, UNet3D), (DOWN, EncoderClassifier)])
def test_the_rule_is_that_of_the_networks(config, network, size):
    """One step of training on one crop says the same."""
    refused = False
    try:
        network(1, 1, base_channels=1).train()(torch.rand(1, 1, *size))
    except (RuntimeError, ValueError):
        refused = True
    assert bool(wrong_sizes(config | TRAIN, {"crop_size": size})) == refused
