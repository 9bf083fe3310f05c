"""What the configs of a bundle say twice stays the same: inference is read alone, too."""

import json
from itertools import product

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.engines.known_keys import KEYS
from medssl.store.contract import ScanContract

from .conftest import ABDOMEN_TASKS, BUNDLES, OPEN_SEGMENTATION, PATCH_KEYS, PRETEXT, TASKS

SLIDING = ("window_size", "overlap", "window_weights", "window_rule")


class Counting(torch.nn.Conv3d):
    """Three outputs from a few voxels around; counts the windows that it sees."""

    def __init__(self) -> None:
        super().__init__(1, 3, 3, padding=1)
        self.ran = 0

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        self.ran += len(windows)
        return super().forward(windows)


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
def test_windows_slide_as_in_the_training(bundle):
    for name, key in product(("evaluate", "inference"), SLIDING):
        assert config(bundle, name)[key] == f"$@trained['{key}']"
    assert not {key for key in config(bundle, "evaluate") if "inferer" in key}


@pytest.mark.parametrize("bundle", [*ABDOMEN_TASKS])
@pytest.mark.parametrize("rule", ["body", "any"])
def test_evaluation_and_inference_run_the_same_windows(bundle, rule, tmp_path):
    """One inferer for both: the same logits, bit for bit, from the same windows."""
    image, network = torch.zeros(1, 1, 64, 24, 24), Counting().eval()
    image[..., :16, :16, :16] = torch.rand(16, 16, 16) + 0.2
    settings = {
        "bundle_root": str(BUNDLES / bundle),
        "window_rule": rule,
        "window_size": [16, 16, 16],
    }
    settings |= {"overlap": 0.5, "classes": [[1], [2]], "dataset_dir": str(tmp_path)}
    found = []
    for names, key in ((["train", "evaluate"], "validate#inferer"), (["inference"], "inferer")):
        parser = ConfigParser()
        parser.read_config([BUNDLES / bundle / "configs" / f"{name}.json" for name in names])
        parser.update({**settings, "window": [-1000, 1000]})
        found.append((parser.get_parsed_content(key)(image, network), network.ran))
        network.ran = 0
    assert torch.equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1] == (8 if rule == "body" else 28)


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_precision_is_chosen_for_the_crops_that_the_network_learns_from(bundle, monkeypatch):
    """Auto is bf16 where the CPU has it, but for crops from which it would learn wrongly."""
    monkeypatch.setattr("medssl.engines.precision.cpu_has_bf16", lambda: True)
    found = {}
    for side in (16, 24):
        parser = ConfigParser(config(bundle, "train"))
        parser.update({PATCH_KEYS.get(bundle, "crop_size"): [side, 32, 32], "device": "cpu"})
        inferer = parser.get_parsed_content("train#inferer")
        found[side] = (parser.get_parsed_content("precision"), inferer.dtype)
    assert found == {16: ("off", None), 24: ("bf16", torch.bfloat16)}
    inference = ConfigParser({**config(bundle, "inference"), "device": "cpu"})
    assert inference.get_parsed_content("precision") == "bf16"


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_defaults_of_inference_are_those_of_training(bundle):
    train, inference = config(bundle, "train"), config(bundle, "inference")
    side = train.get("raw_spacing", ScanContract().spacing[0])
    contract = {key: getattr(ScanContract(), key) for key in ("intensity", "clip", "antialias")}
    expected = {**train, "spacing": [side] * 3, **contract}
    expected |= train["source"]["default"]
    if expected.get("crop_size") == "$@grid.crop_size":  # a grid of patches, seen as one crop
        expected["crop_size"] = [64, 64, 32]
    if bundle == OPEN_SEGMENTATION:  # as in a folder that nobody has prepared
        expected |= {"classes": [[1]], "window_size": train["crop_size"]}
    default = inference["trained"]["default"]
    assert default == {key: expected.get(key, "not in train.json") for key in default}
    assert all(inference[key] == f"$@trained['{key}']" for key in default)
