"""A bundle with its overlays: what it takes, and what is its own anyway."""

import pytest

from medssl.errors import UserError
from medssl.study.bundle_keys import configure


def test_keys_that_say_what_the_configs_say_are_left_out():
    plain = configure("pretrain_simclr")
    small = configure("pretrain_simclr", ("small",))
    amp = plain.config["train"]["trainer"]["amp"]
    keys = {"max_epochs": 400, "num_workers": 0, "train#trainer#amp": amp}
    assert plain.sort_out(keys) == ({"max_epochs": 400}, {"num_workers": 0})
    assert small.sort_out(keys) == ({}, {"num_workers": 0})
    assert [file.rsplit("/", 1)[1] for file in small.files] == ["train.json", "small.json"]


def test_keys_deep_in_the_config_and_its_lists_are_compared():
    bundle = configure("pretrain_simclr")
    own, _ = bundle.sort_out(
        {"train#handlers#0#_target_": bundle.config["train"]["handlers"][0]["_target_"]}
    )
    assert own == {}
    assert bundle.sort_out({"train#handlers#9#x": 1})[0] == {"train#handlers#9#x": 1}


def test_null_where_the_bundle_has_a_number_is_a_key_of_its_own():
    bundle = configure("pretrain_models_genesis")
    assert bundle.sort_out({"patience": None})[0] == {"patience": None}


@pytest.mark.parametrize(
    ("bundle", "overlays", "message"),
    [
        ("pretrain_simclrr", (), "no such bundle .did you mean pretrain_simclr"),
        ("pretrain_simclr", ("papr",), "no such config of pretrain_simclr .did you mean paper"),
        ("pretrain_simclr", ("none.json",), "none.json: no such config"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_name(bundle, overlays, message):
    with pytest.raises(UserError, match=message):
        configure(bundle, overlays)
