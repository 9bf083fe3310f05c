"""Numbers that no run can start with are refused by their key."""

import pytest
import torch

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
        ("seed", "abc", "a whole number"),
        ("seed", "1.5", "a whole number"),
        ("seed", "null", "a whole number"),
        ("subset_seed", "abc", "a whole number"),
        ("device", "gpu", "one that PyTorch finds here"),
        ("device", "0", "one that PyTorch finds here"),
        ("device", "meta", "one that PyTorch finds here"),
        ("device", "cuda:99", "one that PyTorch finds here"),
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
    others = {"dataset_dir": "0", "seed": "-1", "subset_seed": "null", "device": "cpu"}
    assert (
        unusable(
            {
                **given,
                **left,
                **others,
            }
        )
        == []
    )


@pytest.mark.parametrize(
    ("gpus", "named"), [(0, "such as cpu;"), (2, "such as cuda:0, cuda:1, cpu;")]
)
def test_a_gpu_that_is_not_there_is_told_with_those_that_are(gpus, named, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    (line,) = unusable({"device": "cuda:2"})
    assert line.startswith("device: cuda:2, expected")
    assert named in line
    assert bool(unusable({"device": "cuda"})) is (gpus == 0)
    assert unusable({"device": "$torch.device('cuda:2')"}) == []
