"""Numbers that no run can start with are refused by their key."""

import pytest

from medssl.engines.usable import unusable


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("max_epochs", "0", "a whole number, 1 or more"),
        ("max_epochs", "1.5", "a whole number, 1 or more"),
        ("max_epochs", "True", "a whole number, 1 or more"),
        ("base_channels", "-4", "a whole number, 1 or more"),
        ("checkpoint_every", "often", "a whole number, 1 or more"),
        ("num_workers", "-1", "a whole number, 0 or more"),
        ("learning_rate", "-1", "a number above 0"),
        ("learning_rate", "fast", "a number above 0"),
        ("learning_rate", "1e999", "a number above 0"),
        ("crop_size", "64", "three voxel counts"),
        ("crop_size", "[64,64]", "three voxel counts"),
        ("crop_size", "[64,64,0.5]", "three voxel counts"),
    ],
)
def test_each_is_told_with_what_is_expected(key, text, expected):
    (line,) = unusable({key: text})
    assert line.startswith(f"{key}: {text}, expected {expected}")


def test_others_pass():
    given = {"max_epochs": "2", "num_workers": "0", "learning_rate": "1e-3", "crop_size": "[8,8,8]"}
    left = {"base_channels": "null", "batch_size": "$2 * 4", "val_interval": "@max_epochs"}
    assert unusable({**given, **left, "dataset_dir": "0", "seed": "-1"}) == []
