"""A recipe is what a user can set, and how it is judged: each of them makes it another one."""

import json
import shutil

import pytest

import recipe as module
from recipe import recipe


@pytest.fixture
def small(tmp_path, monkeypatch):
    configs = tmp_path / "bundles" / "pretrain_rotation" / "configs"
    configs.mkdir(parents=True)
    for name in ("train", "small"):
        shutil.copy(module.ROOT / "bundles/pretrain_rotation/configs" / f"{name}.json", configs)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return configs / "small.json"


def change(file, **keys):
    file.write_text(json.dumps({**json.loads(file.read_text()), **keys}))


def test_settings_and_voxel_size_count_and_places_do_not(small):
    first = recipe("pretrain_rotation")
    change(small.with_name("train.json"), dataset_dir="elsewhere", run=[], channels_last=True)
    assert recipe("pretrain_rotation") == first
    change(small.with_name("train.json"), crop_rule="any")
    second = recipe("pretrain_rotation")
    change(small, max_epochs=31)
    third = recipe("pretrain_rotation")
    change(small, spacing=3.0)
    assert len({first, second, third, recipe("pretrain_rotation")}) == 4
    assert module.spacing_of("pretrain_rotation") == 3


def test_by_how_many_crops_a_method_is_judged_counts(small, monkeypatch):
    first = recipe("pretrain_rotation")
    monkeypatch.setattr(module, "HELD_OUT_CROPS", 16)
    assert module.held_out("pretrain_rotation") == {"crops_per_scan": 16}
    second = recipe("pretrain_rotation")
    monkeypatch.setattr(module, "SEARCHED", ("pretrain_rotation",))
    judged = {"crops_per_scan": 128, "search_crops": 16}
    assert module.held_out("pretrain_rotation") == judged
    assert len({first, second, recipe("pretrain_rotation")}) == 3


def test_a_key_that_came_later_counts_where_it_asks_for_something_else(small):
    first = recipe("pretrain_rotation")
    change(small, rotation_head_depth=2, keep="last")
    assert recipe("pretrain_rotation") == first
    change(small, keep="best")
    second = recipe("pretrain_rotation")
    change(small, keep="last", amp="bf16")  # of all runs the same, whatever a recipe says
    assert first == recipe("pretrain_rotation") != second
