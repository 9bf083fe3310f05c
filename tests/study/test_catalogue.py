"""What a study may start from: whose keys win."""

import pytest
import yaml

from medssl.errors import UserError, told
from medssl.study.catalogue import read_catalogue
from medssl.study.settings import lay_over

from .studies import SMALL


def test_own_keys_win_over_the_bundles_these_over_the_kinds_and_those_over_all():
    common = {
        "all": {"batch_size": 1, "max_epochs": 1, "val_interval": 1, "amp": "bf16"},
        "pretrain": {"batch_size": 2, "max_epochs": 2, "val_interval": 2},
        "pretrain_models_genesis": {"batch_size": 3, "max_epochs": 3},
    }
    changes = {"common": common, "variants": {"noskip": {"max_epochs": 4}}}
    found = read_catalogue(lay_over(yaml.safe_load(SMALL), changes), "study")
    keys = found.methods["noskip"].keys
    wanted = {"skip": False, "max_epochs": 4, "batch_size": 3, "val_interval": 2, "amp": "bf16"}
    assert keys == {**wanted, "num_workers": 0, "base_channels": 2}
    assert found.methods["simclr"].keys["batch_size"] == 2
    assert found.tasks["ncs"].keys["max_epochs"] == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"cases": "a.csv"},
            "study: tasks: ncs: lung_nodule_ct_segmentation: cases: no such key",
        ),
        (
            {"label_fraction": 2},
            "study: tasks: ncs: lung_nodule_ct_segmentation: label_fraction: 2",
        ),
        *(
            ({word: "x"}, f"study: tasks: ncs: lung_nodule_ct_segmentation: {word}: no such key")
            for word in ("method", "weights")
        ),
        ({"bundle": "unheard_of"}, "study: tasks: ncs: bundle: unheard_of: no such bundle"),
    ],
)
def test_what_is_told_names_the_place_in_the_study(changes, said):
    settings = lay_over(yaml.safe_load(SMALL), {"tasks": {"ncs": changes}})
    with pytest.raises(UserError) as caught:
        read_catalogue(settings, "study")
    assert told(caught.value).startswith(said)


@pytest.mark.parametrize("word", ["metric", "method", "weights"])
def test_no_word_of_another_section_is_passed_over(word):
    settings = lay_over(yaml.safe_load(SMALL), {"methods": {"simclr": {word: "x"}}})
    with pytest.raises(UserError, match=f"methods: simclr: pretrain_simclr: {word}: no such key"):
        read_catalogue(settings, "study")


def test_a_variant_learns_from_its_methods_data_unless_it_says_so():
    changes = {
        "methods": {"mg": {"bundle": "pretrain_models_genesis", "data": "nodules"}},
        "variants": {"there": {"method": "mg", "data": "chest"}},
    }
    settings = yaml.safe_load(SMALL)
    settings["methods"].pop("mg")
    found = read_catalogue(lay_over(settings, changes), "study")
    assert {name: one.data for name, one in found.methods.items()} == {
        **{"simclr": "chest", "mg": "nodules", "noskip": "nodules", "there": "chest"}
    }
