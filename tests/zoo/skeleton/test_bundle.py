"""A new bundle is its family's but for what the family changes."""

import json
from dataclasses import replace

import pytest

from medssl.zoo.skeleton.bundle import METADATA, SMALL, TRAIN, make_bundle
from medssl.zoo.skeleton.families import FAMILIES

from ...bundles.conftest import BUNDLES

NAME, TRANSFORM = "pretrain_my_idea", "MyIdeaPretext"


def flat(config, path=""):
    """Every literal of nested dicts, by its path."""
    if not isinstance(config, dict):
        return {path: config}
    return {k: v for key in config for k, v in flat(config[key], f"{path}#{key}").items()}


def made(family):
    return make_bundle(BUNDLES / family.source, NAME, TRANSFORM, family)


@pytest.mark.parametrize("name", FAMILIES)
def test_training_differs_by_the_transform_and_what_the_family_says(name):
    family = FAMILIES[name]
    own = json.loads((BUNDLES / family.source / TRAIN).read_text(encoding="utf-8"))
    new = flat(json.loads(made(family)[TRAIN]))
    old = {k: v for k, v in flat(own).items() if k.split("#")[1] not in family.dropped}
    preprocessing = {k: v for k, v in new.items() if k.startswith("#train#preprocessing")}
    assert preprocessing == {"#train#preprocessing#_target_": f"medssl.pretext.{TRANSFORM}"}
    changed = {f"#{key}": value for key, value in family.changes.get(TRAIN, {}).items()}
    kept = {k: v for k, v in old.items() if not k.startswith("#train#preprocessing")}
    assert new == {**kept, **changed, **preprocessing}


def test_a_new_bundle_is_its_maker_s_and_begins_anew():
    files = made(FAMILIES["predictive"])
    metadata = json.loads(files[METADATA])
    assert metadata["name"] == "My idea pretraining of a 3D U-Net"
    assert (metadata["version"], list(metadata["changelog"])) == ("0.1.0", ["0.1.0"])
    assert metadata["authors"] == "your name"
    assert json.loads(files["docs/health.json"])["metrics"]["accuracy"]["chance"] == "$1 / 8"
    assert "cube_size" not in json.loads(files[SMALL])


def test_a_family_s_bundle_that_has_changed_is_noticed():
    family = replace(FAMILIES["predictive"], changes={TRAIN: {"network_def#classes": 8}})
    with pytest.raises(KeyError, match="classes"):
        made(family)
