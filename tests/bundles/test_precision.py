"""One bundle judges in one precision: in training, evaluation, inference and MONAI Label."""

import json

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.engines import chosen_precision
from medssl.engines.precision import cpu_has_bf16
from medssl.weights import load_torch

from .conftest import BUNDLES, PATCH_KEYS, PRETEXT, TASKS, tiny

WAYS = {
    "validation": (("train",), "validate#inferer"),
    "evaluation": (("train", "evaluate"), "validate#inferer"),
    "inference": (("inference",), "inferer"),
}
SMALL = "lung_nodule_ct_segmentation"


@pytest.fixture
def become(monkeypatch):
    """Give this machine a CPU with or without bf16."""
    return lambda bf16: monkeypatch.setattr("medssl.engines.precision.cpu_has_bf16", lambda: bf16)


def chosen(bundle, way, side, folder):
    """The precision of a bundle's network whose training saw crops of that side along x."""
    configs, inferer = WAYS[way]
    crop = {PATCH_KEYS.get(bundle, "crop_size"): [side, 32, 32]}
    known = {"spacing": [1.0] * 3, "window": [-1000, 1000], **crop, "window_size": [16] * 3}
    (folder / "provenance.json").write_text(json.dumps({"scan": known}))
    parser = ConfigParser()
    parser.read_config([BUNDLES / bundle / "configs" / f"{name}.json" for name in configs])
    settings = {"bundle_root": str(BUNDLES / bundle), "dataset_dir": str(folder), "device": "cpu"}
    settings |= {"output_dir": str(folder), "window": [-1000, 1000], "classes": [[1]]}
    settings |= crop if way == "validation" else {"model": str(folder / "model.pt")}
    parser.update({key: value for key, value in settings.items() if key in parser.config})
    return parser.get_parsed_content(inferer).amp


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
@pytest.mark.parametrize("has", [True, False])
def test_all_ways_choose_alike(bundle, has, become, tmp_path):
    """Whatever the crops; those that a CPU learns wrongly from in bf16 it judges rightly."""
    become(has)
    for side in (16, 23, 24, 96):
        found = {way: chosen(bundle, way, side, tmp_path) for way in WAYS}
        assert found == dict.fromkeys(WAYS, "bf16" if has else "off"), side


def test_as_monai_label_reads_it(become):
    """The server builds the inferer of inference.json with a device of its own."""
    for has, expected in ((True, "bf16"), (False, "off")):
        become(has)
        for bundle in TASKS:
            parser = ConfigParser()
            parser.read_config(str(BUNDLES / bundle / "configs" / "inference.json"))
            parser.update({"bundle_root": str(BUNDLES / bundle), "device": "cpu"})
            parser.parse()
            assert parser.get_parsed_content("inferer", instantiate=True).amp == expected


def written(run_bundle, scans, folder, **settings):
    """Train, evaluate, infer; in which precision each says that it ran."""
    models, results = folder / "models", folder / "results"
    settings = {**tiny(SMALL), "output_dir": str(models), **settings}
    run_bundle(SMALL, ["train"], **settings)
    run_bundle(SMALL, ["train", "evaluate"], **settings)
    asked = {key: settings[key] for key in ("device", "amp") if key in settings}
    where = {"output_dir": str(results), "model": str(models / "model.pt"), "num_workers": 0}
    run_bundle(SMALL, ["inference"], data=scans, **where, **asked)
    assert list(results.rglob("*_seg.nii.gz"))
    assert all(each.isfinite().all() for each in load_torch(models / "model.pt").values())
    files = (models / "run.json", models / "metrics.json", results / "inference.json")
    return [json.loads(path.read_text())["precision"] for path in files]


@pytest.mark.parametrize(
    ("has", "side", "expected"),
    [
        (False, 16, [["off"], "off", "off"]),
        (False, 24, [["off"], "off", "off"]),
        (True, 16, [["off"], "bf16", "bf16"]),
        (True, 24, [["bf16"], "bf16", "bf16"]),
    ],
)
def test_runs_say_what_they_ran_in(has, side, expected, become, run_bundle, phantom, tmp_path):
    if has and not cpu_has_bf16():
        pytest.skip("this CPU would take minutes in bf16")
    become(has)
    settings = {"crop_size": [side, 16, 16], "device": "cpu"}
    assert written(run_bundle, phantom / "subset0", tmp_path, **settings) == expected


@pytest.mark.gpu
def test_a_gpu_runs_in_what_it_computes_in(run_bundle, phantom, tmp_path):
    """The first losses are those of float32 but for rounding."""
    expected = chosen_precision("auto", "cuda")
    assert expected in ("bf16", "fp16")
    losses = {}
    for amp in ("auto", "off"):
        folder, named = tmp_path / amp, expected if amp == "auto" else "off"
        found = written(run_bundle, phantom / "subset0", folder, device="cuda", amp=amp)
        assert found == [[named], named, named]
        lines = (folder / "models" / "trace.jsonl").read_text().splitlines()
        losses[amp] = next(json.loads(line)["loss"] for line in lines if "loss" in line)
    assert losses["auto"] == pytest.approx(losses["off"], rel=0.05)
    assert torch.cuda.max_memory_allocated() > 0
