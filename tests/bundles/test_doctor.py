"""``medssl doctor`` on runs that were really trained, and on what was then done to them."""

import json

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.analysis import diagnose
from medssl.analysis.health.findings import BAD, OK, UNKNOWN
from medssl.analysis.health.held_out import measure
from medssl.analysis.health.reference import load_reference
from medssl.analysis.health.run_folder import bundle_of, nest, read_run
from medssl.engines.identity import FORMAT, flatten
from medssl.errors import UserError
from medssl.weights import load_torch, save_torch

from .conftest import BUNDLES, PRETEXT, tiny


def train(run_bundle, bundle, folder, **overrides) -> None:
    run_bundle(bundle, ["train"], output_dir=str(folder), **{**tiny(bundle), **overrides})


def verdicts(diagnosis) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in diagnosis.findings}


@pytest.fixture
def simclr(run_bundle, tmp_path):
    """A folder with a short SimCLR run."""
    train(run_bundle, "pretrain_simclr", tmp_path / "run", max_epochs=2)
    return tmp_path / "run"


@pytest.mark.parametrize("bundle", PRETEXT)
def test_configs_survive_being_flattened(bundle):
    """The config that a run's leaves give back has the same leaves."""
    config = ConfigParser.load_config_file(str(BUNDLES / bundle / "configs" / "train.json"))
    leaves = flatten(config)
    assert flatten(nest(leaves)) == leaves
    assert isinstance(nest(leaves)["train"]["handlers"], list)


@pytest.mark.parametrize("bundle", PRETEXT)
def test_every_bundle_has_a_reference_that_resolves(bundle, tmp_path):
    config = ConfigParser.load_config_file(str(BUNDLES / bundle / "configs" / "train.json"))
    run = {"format": FORMAT, "config": flatten(config), "data": {"validation": [{}] * 5}}
    (tmp_path / "run.json").write_text(json.dumps(run))
    line = {"iteration": 1, "epoch": 1, "loss": 1.0}
    (tmp_path / "trace.jsonl").write_text(json.dumps(line) + "\n")
    record = read_run(tmp_path)
    assert bundle_of(record, BUNDLES).name == bundle
    reference = load_reference(BUNDLES / bundle / "docs" / "health.json", record)
    for metric in reference.metrics.values():
        assert 0 < metric.chance < 1
        assert metric.trials >= 5 * config["crops_per_scan"]
        assert metric.chance < metric.learned < 1
    if reference.start_loss is not None:
        assert 0 <= reference.start_loss.low < reference.start_loss.high


def test_a_real_run_is_read_and_measured(simclr, prepared):
    diagnosis = diagnose(simclr, prepared)
    found = verdicts(diagnosis)
    assert diagnosis.bundle == "pretrain_simclr"
    assert found["finite loss"] == OK
    assert UNKNOWN not in (found[c] for c in ("feature spread", "effective rank"))
    assert found["waiting for data"] != UNKNOWN
    without = verdicts(diagnose(simclr))
    assert without["feature spread"] == without["effective rank"] == UNKNOWN


def test_crops_of_scans_that_the_network_never_saw_the_like_of_are_refused(
    simclr, prepared, tmp_path
):
    """Features at another voxel size look collapsed, and say nothing of the run."""
    listing = json.loads((prepared / "datalist.json").read_text())
    scan = {**listing["scan"], "spacing": [6.0, 6.0, 6.0]}
    (tmp_path / "datalist.json").write_text(json.dumps({**listing, "scan": scan}))
    with pytest.raises(UserError, match=r"prepared with spacing \[6.0, 6.0, 6.0\], the model was"):
        diagnose(simclr, tmp_path)


def test_held_out_crops_follow_the_rule_that_the_run_found(simclr, prepared):
    run = read_run(simclr)
    assert run.scan["crop_rule"] in ("lung", "body")
    other = {"lung": "body", "body": "lung"}[run.scan["crop_rule"]]
    (simclr / "crops.json").write_text(json.dumps({"crop_rule": other}))
    ours, theirs = (
        measure(each, BUNDLES / "pretrain_simclr", prepared) for each in (run, read_run(simclr))
    )
    assert ours != theirs


def test_a_collapsed_encoder_is_called_collapsed(simclr, prepared):
    checkpoint = load_torch(simclr / "checkpoint.pt")
    for name, weight in checkpoint["state"]["network"].items():
        if name.startswith("encoder.") and name.endswith("weight"):
            weight.zero_()
        elif name.startswith("encoder.") and name.endswith("bias"):
            weight.fill_(0.1)
    save_torch(simclr / "checkpoint.pt", checkpoint)
    diagnosis = diagnose(simclr, prepared)
    found = {finding.check: finding for finding in diagnosis.findings}
    for check in ("feature spread", "effective rank"):
        assert found[check].verdict == BAD
        assert "collapsed" in found[check].advice
    assert not diagnosis.healthy


def test_a_skill_is_that_of_the_crops(run_bundle, tmp_path, prepared):
    """Against a literal loop over the same held-out crops."""
    bundle = "pretrain_models_genesis"
    train(run_bundle, bundle, tmp_path, skip=False)
    run = read_run(tmp_path)
    parser = ConfigParser(
        {
            "imports": ["$import torch", "$import monai"],
            **nest(run.leaves),
            **{"dataset_dir": str(prepared), "num_workers": 0, "device": "cpu"},
        }
    )
    prepare = parser.get_parsed_content("train#prepare_batch")
    batches = [prepare(b, "cpu") for b in parser.get_parsed_content("validate#dataloader")]
    inputs, targets = (torch.cat(tensors).double() for tensors in zip(*batches))
    copy, constant = (inputs - targets).square().mean(), targets.var(correction=0)
    assert run.latest("mse_copy") == pytest.approx(copy.item(), rel=1e-5)
    assert run.latest("mse_constant") == pytest.approx(constant.item(), rel=1e-5)
    names = ("constant", "own_mean", "copy", "smooth")
    best = min(run.latest(f"mse_{name}") for name in names)
    assert run.latest("skill") == pytest.approx(1 - run.latest("mse") / best, rel=1e-5)
    assert {f.check: f.saw for f in diagnose(tmp_path).findings}["skill"] != "-"


@pytest.mark.parametrize("bundle", [pytest.param(name, marks=pytest.mark.slow) for name in PRETEXT])
def test_every_bundle_can_be_diagnosed(bundle, run_bundle, tmp_path, prepared):
    train(run_bundle, bundle, tmp_path)
    diagnosis = diagnose(tmp_path, prepared)
    found = verdicts(diagnosis)
    assert diagnosis.bundle == bundle
    assert found["finite loss"] == OK
    assert UNKNOWN not in {found["feature spread"], found["effective rank"]}
    assert "skill" in found


def test_a_run_without_checkpoint_says_so(simclr, prepared):
    (simclr / "checkpoint.pt").unlink()
    with pytest.raises(UserError, match=r"checkpoint\.pt: no checkpoint yet; wait for"):
        diagnose(simclr, prepared)


def test_what_is_no_run_is_named(tmp_path, simclr):
    with pytest.raises(UserError, match="no run in it"):
        diagnose(tmp_path)
    run = json.loads((simclr / "run.json").read_text())
    run["config"]["train::preprocessing::_target_"] = "other.Method"
    (simclr / "run.json").write_text(json.dumps(run))
    with pytest.raises(UserError, match=r"'other\.Method'\); of a method of your own name its b"):
        diagnose(simclr)
    for name in ("trace.jsonl", "checkpoint.pt", "provenance.json"):
        (simclr / name).unlink()
    with pytest.raises(UserError, match="no training step yet"):
        diagnose(simclr)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"chance": 0.1}, r"unknown key chance; expected \["),
        ({"start_loss": {"low": "$math.log(@nothing)", "high": 1, "origin": "x"}}, "nothing"),
    ],
)
def test_a_faulty_reference_is_named(simclr, tmp_path, content, message):
    bundle = tmp_path / "bundle"
    (bundle / "docs").mkdir(parents=True)
    (bundle / "docs" / "health.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=message) as caught:
        diagnose(simclr, bundle=bundle)
    assert str(caught.value).startswith(str(bundle / "docs" / "health.json"))
