"""Small settings for the keys that a bundle has, and the phantom that it learns from."""

import pytest

from medssl.zoo.verify import Subject
from medssl.zoo.verify.small import SIDE, SMALL, needs, small_settings

from ...bundles.conftest import (
    ABDOMEN_TASKS,
    BUNDLES,
    CLASSIFICATION,
    OPEN_CLASSIFICATION,
    PRETEXT,
    TASKS,
)


def test_only_literals_of_the_same_type_become_small():
    keys = {
        "crop_size": [64, 64, 64],
        "window_size": "@crop_size",
        "batch_size": "$2 * 8",
        "max_epochs": 1000,
        "seed": 0,
    }
    assert small_settings(keys) == {"crop_size": SIDE, "max_epochs": 1}
    inherited = {"source": {"default": {"base_channels": 32, "window": [0, 1]}}}
    assert small_settings({**keys, **inherited}) == {
        "crop_size": SIDE,
        "max_epochs": 1,
        "base_channels": SMALL["base_channels"],
    }


@pytest.mark.parametrize("name", [*PRETEXT, *TASKS])
def test_each_bundle_learns_from_the_phantom_of_its_kind(name, tmp_path):
    expected = {
        CLASSIFICATION: "candidates",
        OPEN_CLASSIFICATION: "classes",
        **dict.fromkeys(ABDOMEN_TASKS, "liver"),
    }
    subject = Subject(BUNDLES / name, tmp_path, tmp_path)
    assert needs(subject) == expected.get(name, "nodules")
