"""Numbers that no run can start with are refused by their key."""

import pytest
import torch

from medssl.engines.usable import no_numbers, unusable


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("max_epochs", "0", "a whole number, 1 or more"),
        ("max_epochs", "1.5", "a whole number, 1 or more"),
        ("batch_size", "nullify", "a whole number, 1 or more"),
        ("transfer_from", "Nonesuch", "online or target"),
        ("scheme", "ful", "one of full, warmup, frozen, probe"),
        ("transfer_parts", "['encodr']", "auto, shared or a list out of encoder, decoder"),
        ("max_epochs", "True", "a whole number, 1 or more"),
        ("base_channels", "-4", "a whole number, 1 or more"),
        ("patience", "1.5", "a whole number, 1 or more"),
        ("checkpoint_every", "often", "a whole number, 1 or more"),
        ("num_workers", "-1", "a whole number, 0 or more"),
        ("learning_rate", "-1", "a number above 0"),
        ("learning_rate", "fast", "a number above 0"),
        ("learning_rate", "1e999", "a number above 0"),
        ("imbalance_ratio", "0", "a number above 0"),
        ("label_fraction", "2", "a number above 0 and at most 1"),
        ("label_fraction", "-1", "a number above 0 and at most 1"),
        ("label_fraction", "[0.5]", "a number above 0 and at most 1"),
        ("seed", "abc", "a whole number"),
        ("seed", "1.5", "a whole number"),
        ("seed", "null", "a whole number"),
        ("subset_seed", "abc", "a whole number"),
        *(
            ("overlap", text, "a number from 0 to below 1")
            for text in ("1", "-0.5", "half", "True")
        ),
        ("overlap", "[0.5,0.5,1]", "a number from 0 to below 1"),
        ("device", "gpu", "one that PyTorch finds here"),
        ("device", "0", "one that PyTorch finds here"),
        ("device", "meta", "one that PyTorch finds here"),
        ("device", "cuda:99", "one that PyTorch finds here"),
        ("device", str(10**30), "one that PyTorch finds here"),
        ("crop_size", "64", "three voxel counts"),
        ("crop_size", "[64,64]", "three voxel counts"),
        ("crop_size", "[64,64,0.5]", "three voxel counts"),
        ("window_size", "64", "three voxel counts"),
        ("window_size", "[64,64,-8]", "three voxel counts"),
        ("patch_size", "[64,64]", "three voxel counts"),
        *(
            ("window", text, "two rising numbers, such as [-1000,1000]")
            for text in ("0", "wide", "[1,2,3]", "[5,5]", "[0,1e999]")
        ),
        *(("transfer_from", text, "online or target") for text in ("teacher", "[online]")),
        *((key, "", "a path") for key in ("dataset_dir", "output_dir", "pretrained", "model")),
    ],
)
def test_each_is_told_with_what_is_expected(key, text, expected):
    (line,) = unusable({key: text})
    assert line.startswith(f"{key}: {text or 'nothing'}, expected {expected}")


CONFIG = {
    "temperature": 0.07,
    "fold": None,
    "amp": "off",
    "equalise": True,
    "raw_spacing": 1.0,
    "candidates": "@places",
    "loop": "@loop",
    "train": {"loader": {"together": 4, "batch_size": "@train#batch"}, "batch": 8, "steps": [3]},
    "reader": {"spacing": "@raw_spacing"},
}


@pytest.mark.parametrize(
    ("key", "text", "such"),
    [
        ("temperature", "hot", ", such as 0.07"),
        ("temperature", "inf", ", such as 0.07"),
        ("train#loader#together", "two", ", such as 4"),
        ("train::loader::batch_size", "two", ", such as 8"),
        ("train#steps#0", "few", ", such as 3"),
        ("fold", "first", ""),
        ("temperature", {}, ", such as 0.07"),
        ("fold", {"a": 1}, ""),
        ("fold", [1], ""),
        ("patience", (8, 8), ""),
    ],
)
def test_what_is_no_number_where_the_config_has_one_is_told(key, text, such):
    assert no_numbers(CONFIG, {key: text}) == [f"{key}: {text}, expected a number{such}"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("temperature", value) for value in (1, 2.5, [1, 2], "$1 / 3", "@lr", "null", None)),
        *((key, "text") for key in ("amp", "equalise", "candidates", "loop", "new", "train")),
        *((key, "text") for key in ("train#steps#1", "train#steps#x", "amp#x")),
        *((key, "native") for key in ("raw_spacing", "reader#spacing")),
    ],
)
def test_what_may_stand_for_a_number_and_other_text_pass(key, value):
    assert no_numbers(CONFIG, {key: value}) == []


def test_others_pass():
    given = {"max_epochs": "2", "num_workers": "0", "learning_rate": "1e-3", "crop_size": "[8,8,8]"}
    left = {"base_channels": "null", "batch_size": "$2 * 4", "val_interval": "@max_epochs"}
    words = {"scheme": "@s", "transfer_parts": "['encoder']", "augmentation": "none", "amp": "off"}
    others = {**words, "dataset_dir": "0", "seed": "-1", "subset_seed": "null", "device": "cpu"}
    assert unusable({"overlap": "0"}) == unusable({"overlap": "[0.5,0,0.25]"}) == []
    sizes = {"window_size": "[0,0,32]", "patch_size": "[9,9,9]", "cube_size": "16"}
    assert (
        unusable(
            {
                **given,
                **left,
                **others,
                **sizes,
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
