"""A server refuses what ``inference.json`` refuses; here without MONAI Label."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser, run

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.store.contract import ScanContract

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "apps" / "medssl_label" / "lib" / "checks.py"
SPEC = importlib.util.spec_from_file_location("checks", FILE)
checks = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(checks)


@pytest.fixture
def served(tmp_path):
    """A bundle with weights of width 2, and its inference config as a server reads it."""
    bundle = tmp_path / "liver"
    shutil.copytree(ROOT / "bundles" / "liver_ct_segmentation" / "configs", bundle / "configs")
    (bundle / "models").mkdir()
    model = bundle / "models" / "model.pt"
    torch.save(UNet3D(base_channels=2).state_dict(), model)
    task = json.loads((bundle / "configs" / "metadata.json").read_text())["task"]
    record = {
        "task": task,
        "sha256": {"model.pt": sha256_of(model)},
        "scan": {**ScanContract().as_dict(), "window": [-200, 200], "classes": [[1, 2]]},
        "network": {"in_channels": 1, "base_channels": 2, "batch_norm": "running"},
    }
    (model.parent / "provenance.json").write_text(json.dumps(record))

    def config(**changed):
        parser = ConfigParser()
        parser.read_config(str(bundle / "configs" / "inference.json"))
        parser.config.update({"bundle_root": str(bundle), **changed})
        return parser

    return config, model


def test_weights_that_are_what_they_say_are_taken(served):
    config, model = served
    checks.check_model(config(), model)


@pytest.mark.parametrize("case", ["other weights", "damaged", "another file"])
def test_weights_are_checked_as_inference_does(case, served):
    config, model = served
    if case == "damaged":
        content = bytearray(model.read_bytes())
        content[len(content) // 2] ^= 1
        model.write_bytes(content)
    else:
        model = model.with_name("other.pt") if case == "another file" else model
        torch.save(UNet3D(base_channels=2).state_dict(), model)
    with pytest.raises(UserError, match=r"not the weights|describes other weights"):
        checks.check_model(config(), model)


def test_a_key_that_contradicts_the_model_is_refused(served):
    config, model = served
    with pytest.raises(UserError, match=r"window: .* is asked for, the model was trained with"):
        checks.check_model(config(window=[-1000, 1000]), model)


def test_weights_of_another_task_are_refused_in_the_words_of_inference(served, tmp_path):
    """Every tensor of a network that marks nodules fits one that marks livers."""
    config, model = served
    record = model.parent / "provenance.json"
    known = {**json.loads(record.read_text()), "bundle": "lung_nodule", "task": "marks nodules"}
    record.write_text(json.dumps(known))
    with pytest.raises(UserError, match=r"weights of lung_nodule .*another task") as by_server:
        checks.check_model(config(), model)
    configs = model.parents[1] / "configs"
    with pytest.raises(RuntimeError) as by_bundle:
        run(
            config_file=str(configs / "inference.json"),
            bundle_root=str(model.parents[1]),
            dataset_dir=str(tmp_path),
            device="cpu",
            logging_file=False,
        )
    assert str(by_bundle.value.__cause__) == str(by_server.value)


def test_the_line_is_found_under_what_others_put_around_it():
    bad = UserError("bad")
    around = RuntimeError("Failed to evaluate")
    around.__cause__ = bad
    assert checks.user_error(around) is bad
    assert checks.user_error(ValueError("x")) is None
