"""The configs of a release say how its weights were trained."""

import json
import shutil

import pytest
from monai.bundle import ConfigParser

from medssl.errors import UserError
from medssl.zoo.bake import bake_run

from ..bundles.conftest import BUNDLES


def baked(stage, bundle, run, known):
    """The configs of a bundle with what a run changed in them."""
    shutil.copytree(BUNDLES / bundle / "configs", stage / "configs")
    bake_run(stage, run, known)
    names = ("inference", "train")
    files = {name: stage / "configs" / f"{name}.json" for name in names}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in files.items()}


def test_what_the_machine_of_the_training_could_do_is_not_asked_of_others(tmp_path):
    """bfloat16 is refused on a CPU without it, and so would be the release."""
    run = {"amp": "bf16", "batch_size": 512, "channels_last": True, "batch_norm": "batch"}
    found = baked(tmp_path, "lung_nodule_ct_classification", run, {})
    for key in ("amp", "channels_last"):
        assert [config[key] for config in found.values()] == ["auto", "auto"]
    assert [config["batch_size"] for config in found.values()] == [64, 24]
    assert found["train"]["batch_norm"] == "batch"


@pytest.mark.parametrize("value", ["$print('run')", [0, "$1"], {"_target_": "builtins.print"}])
def test_an_expression_of_a_run_is_not_passed_on(tmp_path, value):
    with pytest.raises(UserError, match=r"batch_norm.* is an expression, which is not passed on"):
        baked(tmp_path, "lung_nodule_ct_segmentation", {"batch_norm": value}, {})


def test_later_rounds_learn_as_the_weights_did(tmp_path):
    """Left and right are classes here: rounds that mirrored x would mix them."""
    own = {"crop_size": [32, 32, 24], "flip_axes": "yz", "augmentation": "S3", "class_rates": 0.5}
    theirs = {"seed": 5, "label_fraction": 0.5, "max_epochs": 7, "pretrained": "elsewhere"}
    known = {"spacing": None, "intensity": "percentile", "channels": ["T1"]}
    names = ["right_kidney", "left_kidney"]
    known |= {"clip": None, "antialias": False, "classes": [[1], [2]], "class_names": names}
    found = baked(tmp_path, "volume_segmentation", {**own, **theirs, **known}, known)["train"]
    assert {key: found[key] for key in own} == own
    assert not any(found[key] == value for key, value in theirs.items())
    assert found["raw_class_names"] == names
    assert found["raw_spacing"] == "native"
    assert found["raw_antialias"] is False
    assert found["raw_classes"] == [[1], [2]]


def test_a_release_goes_by_the_classes_and_channels_of_other_data(tmp_path):
    """Baked as they were, a third class became background and a second channel was refused."""
    known = {"classes": [[1], [2]], "class_names": ["a", "b"], "in_channels": 1}
    known |= {"spacing": [1.0] * 3, "channels": ["CT"]}
    found = baked(tmp_path / "stage", "volume_segmentation", known, known)["train"]
    labels = {"1": "spleen", "2": "a", "3": "kidney"}
    scan = {"scan": {"channels": ["t1", "t2"]}, "labels": labels}
    (tmp_path / "datalist.json").write_text(json.dumps(scan))
    keys = ("classes", "class_names", "in_channels")
    raw = [known[key] for key in keys]
    for folder, expected in ((tmp_path, [[[1], [2], [3]], [*labels.values()], 2]), ("none", raw)):
        parser = ConfigParser({**found, "dataset_dir": str(folder)})
        assert [parser.get_parsed_content(key) for key in keys] == expected


@pytest.mark.parametrize("bundle", ["lung_nodule_ct_segmentation", "pretrain_rotation"])
def test_keys_that_a_bundle_has_not_are_not_added(bundle, tmp_path):
    before = json.loads((BUNDLES / bundle / "configs" / "train.json").read_text("utf-8"))
    known = {"spacing": [1.0, 1.0, 1.0], "class_names": ["a"], "class_rates": 0.1}
    assert baked(tmp_path, bundle, known, known)["train"].keys() == before.keys()
