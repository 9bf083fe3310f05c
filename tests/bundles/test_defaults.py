"""What the configs of a bundle say twice stays the same: inference is read alone, too."""

import json

import pytest

from medssl.engines.known_keys import KEYS
from medssl.store.contract import ScanContract

from .conftest import ABDOMEN_TASKS, BUNDLES, OPEN_SEGMENTATION, PRETEXT, TASKS


def config(bundle: str, name: str) -> dict[str, object]:
    return json.loads((BUNDLES / bundle / "configs" / f"{name}.json").read_text())


@pytest.mark.parametrize("name", ["inference", "evaluate"])
@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_only_what_is_kept_is_taken_over(bundle, name):
    """``$@trained['x']`` of a key that no run writes down would fail at every user."""
    values = config(bundle, name)
    taken = {key for key, value in values.items() if value == f"$@trained['{key}']"}
    assert taken
    assert taken <= set(KEYS)


@pytest.mark.parametrize("bundle", PRETEXT)
def test_a_pretext_task_is_judged_as_it_was_trained(bundle):
    """Whether with ``paper.json`` or keys of the command line, nobody types them again."""
    train, evaluate = config(bundle, "train"), config(bundle, "evaluate")
    # The fold holds where the folder judged on has folds: see tests/transfer/test_audit_folds.py.
    decisive = train.keys() & KEYS.keys() - {"fold", "crop_size" if "grid" in train else ""}
    assert [key for key in sorted(decisive) if evaluate.get(key) != f"$@trained['{key}']"] == []


@pytest.mark.parametrize("bundle", [*ABDOMEN_TASKS])
def test_the_window_that_slides_is_that_of_the_training(bundle):
    for name in ("evaluate", "inference"):
        assert config(bundle, name)["window_size"] == "$@trained['window_size']"


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_defaults_of_inference_are_those_of_training(bundle):
    train, inference = config(bundle, "train"), config(bundle, "inference")
    side = train.get("raw_spacing", ScanContract().spacing[0])
    contract = {"intensity": ScanContract().intensity, "clip": ScanContract().clip}
    expected = {**train, "spacing": [side] * 3, **contract}
    expected |= train["source"]["default"]
    if expected.get("crop_size") == "$@grid.crop_size":  # a grid of patches, seen as one crop
        expected["crop_size"] = [64, 64, 32]
    if bundle == OPEN_SEGMENTATION:  # as in a folder that nobody has prepared
        expected |= {"classes": [[1]], "window_size": train["crop_size"]}
    default = inference["trained"]["default"]
    assert default == {key: expected.get(key, "not in train.json") for key in default}
    assert all(inference[key] == f"$@trained['{key}']" for key in default)
