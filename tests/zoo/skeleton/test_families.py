"""What a family changes is there in the bundle that it is made from."""

import json

import pytest

from medssl.zoo.skeleton.families import FAMILIES

from ...bundles.conftest import BUNDLES


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_dropped_or_reworded_stands_in_the_family_s_bundle(name):
    family = FAMILIES[name]
    source = BUNDLES / family.source
    train = json.loads((source / "configs" / "train.json").read_text(encoding="utf-8"))
    assert set(family.dropped) <= train.keys()
    commands = (source / "docs" / "README.md").read_text(encoding="utf-8").split("## Commands")[1]
    inference = (source / "configs" / "inference.json").read_text(encoding="utf-8")
    for word in family.wording:
        assert word in commands + inference, word
    for text in (family.task, family.input, family.labels):
        assert "|" not in text  # they are cells of tables
        assert "\n" not in text
