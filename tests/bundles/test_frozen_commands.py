"""``medssl recollect-bn`` and ``medssl probe`` on a task bundle and the phantom."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from monai.bundle import run

from medssl.analysis import probe_task, recollect_model
from medssl.analysis.probe_crops import ObjectOrBackground
from medssl.crops import ObjectCropDataset
from medssl.crops.object_crops import read_crop, read_padded
from medssl.engines import apply_window, read_metrics
from medssl.errors import UserError, one_line
from medssl.files import sha256_of
from medssl.networks import UNet3D
from medssl.store import load_datalist, open_volume
from medssl.store.contract import ScanContract
from medssl.weights import load_torch

from .conftest import BUNDLES, CLASSIFICATION, CROP, TASKS, arguments, command, tiny
from .test_distributed import torchrun

BUNDLE = BUNDLES / TASKS[0]
WINDOW = (-1000, 1000)
SETTINGS = {key: value for key, value in tiny(TASKS[0]).items() if key != "val_interval"}


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(5)
    torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / "model.pt")
    return tmp_path / "model.pt"


@pytest.fixture(scope="module")
def crops(prepared):
    items = load_datalist(prepared, "training", labelled=True)
    return ObjectOrBackground(ObjectCropDataset(items, CROP), WINDOW)


def test_background_shows_no_object_and_is_about_as_dense(crops):
    background = [place for place in crops._places if place[1] is not None]
    assert len(background) == len(crops.objects)
    misses, chance = [], []
    rng = np.random.default_rng(0)
    for index, start in background:
        item = crops._items[index]
        assert not read_padded(open_volume(item["label"]), start, CROP, 0).any()
        densities = [float(apply_window(crops.objects[index]["image"], WINDOW).mean())]
        for place in (start, rng.integers(0, np.subtract(item["shape"], CROP) + 1)):
            hu = torch.from_numpy(read_crop(item, place, CROP, -1000))
            densities.append(float(apply_window(hu, WINDOW).mean()))
        misses.append(abs(densities[1] - densities[0]))
        chance.append(abs(densities[2] - densities[0]))
    assert np.mean(misses) < 0.3 * np.mean(chance)


def test_samples_hold_the_object_or_its_partner_and_repeat(crops, prepared):
    items = load_datalist(prepared, "training", labelled=True)
    again = ObjectOrBackground(ObjectCropDataset(items, CROP), WINDOW)
    samples = [crops[index] for index in range(len(crops))]
    assert [sample["target"] for sample in samples] == [1, 0] * len(crops.objects)
    assert {sample["patient"] for sample in samples} <= {item["patient"] for item in items}
    for index, sample in enumerate(samples):
        assert sample["image"].shape == (1, *CROP)
        assert torch.equal(sample["image"], again[index]["image"])
        if sample["target"]:
            assert torch.equal(sample["image"], crops.objects[index // 2]["image"])


def test_a_crop_that_leaves_no_room_for_background_is_refused(prepared):
    items = load_datalist(prepared, "training", labelled=True)
    with pytest.raises(UserError, match=r"crop_size: no crop of .* without an object"):
        ObjectOrBackground(ObjectCropDataset(items, [400] * 3), WINDOW, attempts=2)


def test_probe_reports_pretrained_beside_untrained(model, prepared):
    found = probe_task(model, prepared, BUNDLE, overrides=SETTINGS)
    assert [score.features for score in found.scores] == ["pretrained"] * 2 + ["untrained"] * 2
    assert all(0 <= s.auc.low <= s.auc.mean <= s.auc.high <= 1 for s in found.scores)
    training = load_datalist(prepared, "training", labelled=True)
    assert found.patients[0] == len({item["patient"] for item in training if item["objects"]})
    assert found.crops[0] == 2 * sum(len(item["objects"]) for item in training)


@pytest.mark.parametrize("config", ["", "configs/train.json"])
def test_a_pretraining_bundle_is_no_task_to_probe(config, model, prepared):
    bundle = BUNDLE.parent / "pretrain_byol" / config
    with pytest.raises(UserError, match=r"a pretraining bundle; .* liver_ct_") as told:
        probe_task(model, prepared, bundle, overrides=SETTINGS)
    assert "pretrain_rotation" not in str(told.value)


def test_probe_of_the_untrained_weights_equals_the_baseline(tmp_path, prepared):
    torch.manual_seed(0)
    torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / "model.pt")
    found = probe_task(tmp_path / "model.pt", prepared, BUNDLE, overrides=SETTINGS)
    assert [s.auc for s in found.scores[:2]] == [s.auc for s in found.scores[2:]]


def test_what_the_weights_know_need_not_be_said(model, prepared, tmp_path):
    known = {"network": {"base_channels": 2}, "scan": ScanContract((3.0,) * 3).as_dict()}
    known["sha256"] = {"model.pt": sha256_of(model)}
    (tmp_path / "provenance.json").write_text(json.dumps(known))
    settings = {key: value for key, value in SETTINGS.items() if key != "base_channels"}
    assert probe_task(model, prepared, BUNDLE, overrides=settings).scores
    assert recollect_model(BUNDLE, prepared, model, tmp_path / "new.pt", settings).layers
    with pytest.raises(UserError, match="base_channels: 4 is asked for"):
        recollect_model(BUNDLE, prepared, model, tmp_path / "new.pt", {"base_channels": 4})


@pytest.mark.parametrize(
    ("scan", "asked", "message"),
    [
        ({"spacing": [1.0] * 3}, {}, "prepared with spacing .3.0, 3.0, 3.0., the weights were"),
        ({"clip": [-100.0, 100.0]}, {}, "prepared with clip None, the weights were trained with"),
        ({"fold": 1}, {}, "fold: 1, but .* has no folds"),
        ({"fold": None}, {"fold": 1}, "fold: 1, but .* has no folds"),
        ({"fold": 0}, {"fold": 1}, "fold: 1 is asked for, the model was trained with 0"),
        ({}, {"base_channels": 4}, "base_channels: 4 is asked for"),
        ({}, {"spacing": 2}, "was prepared at .3.0, 3.0, 3.0. mm, 2 mm is wanted"),
    ],
)
def test_probe_refuses_what_contradicts_the_weights(
    scan, asked, message, model, prepared, tmp_path
):
    known = {"scan": {**ScanContract((3.0,) * 3).as_dict(), **scan}}
    known["network"], known["sha256"] = {"base_channels": 2}, {model.name: sha256_of(model)}
    (tmp_path / "provenance.json").write_text(json.dumps(known))
    with pytest.raises(UserError, match=message):
        probe_task(model, prepared, BUNDLE, overrides={**SETTINGS, **asked})
    if "spacing" in scan:
        assert probe_task(model, prepared, BUNDLE, overrides={**SETTINGS, "spacing": 3}).scores


def test_probe_of_a_classification_tells_nodules_from_other_candidates(model, prepared_luna16):
    settings = {**tiny(CLASSIFICATION), "base_channels": 2}
    settings = {key: value for key, value in settings.items() if key != "val_interval"}
    bundle = BUNDLES / CLASSIFICATION
    found = probe_task(model, prepared_luna16, bundle, overrides=settings)
    assert min(found.crops) >= 2
    assert all(0 <= score.auc.mean <= 1 for score in found.scores)


@pytest.mark.parametrize("spacing", [None, (1.0, 1.0, 1.0)])
def test_recollect_bn_refuses_scans_of_another_voxel_size(spacing, model, prepared, tmp_path):
    """Those of a model that learnt at each scan's own, too."""
    known = {"scan": ScanContract(spacing).as_dict(), "sha256": {"model.pt": sha256_of(model)}}
    (tmp_path / "provenance.json").write_text(json.dumps(known))
    with pytest.raises((UserError, RuntimeError)) as caught:
        recollect_model(BUNDLE, prepared, model, tmp_path / "new.pt", SETTINGS)
    assert "prepared" in one_line(caught.value)
    assert not (tmp_path / "new.pt").exists()


def test_recollect_bn_takes_a_folder_and_does_not_write_over_its_weights(model, prepared, tmp_path):
    known = {"scan": ScanContract((3.0,) * 3).as_dict(), "sha256": {"model.pt": sha256_of(model)}}
    (tmp_path / "provenance.json").write_text(json.dumps(known))
    output = tmp_path / "apart" / "new.pt"
    assert recollect_model(BUNDLE, prepared, tmp_path, output, SETTINGS).layers
    noted = json.loads((output.parent / "provenance.json").read_text())
    assert noted["scan"] == known["scan"]
    with pytest.raises(UserError, match="file other than --model"):
        recollect_model(BUNDLE, prepared, tmp_path, model, SETTINGS)


def test_recollect_bn_changes_statistics_alone_and_says_how_far(model, prepared, tmp_path):
    output = tmp_path / "model_tbs.pt"
    shift = recollect_model(BUNDLE, prepared, model, output, SETTINGS)
    old, new = load_torch(model), load_torch(output)
    assert old.keys() == new.keys()
    changed = {name for name in new if not torch.equal(old[name], new[name])}
    assert {name.rsplit(".", 1)[1] for name in changed} == {
        *("running_mean", "running_var", "num_batches_tracked")
    }
    first = "encoder.blocks.0.unit1.norm"
    by_hand = sum(
        float(((old[f"{first}.{key}"] - new[f"{first}.{key}"]) ** 2).sum())
        for key in ("running_mean", "running_var")
    )
    assert shift.layers[0].name == first
    assert shift.layers[0].mean + shift.layers[0].variance == pytest.approx(by_hand, rel=1e-4)
    assert json.loads(output.with_suffix(".json").read_text())["distance"] == shift.distance
    again = recollect_model(BUNDLE, prepared, output, tmp_path / "again.pt", SETTINGS)
    assert again.distance == 0


OVERLAY = {
    "+train#handlers": [
        {
            "_target_": "medssl.engines.RecollectBN",
            "network": "@network_def",
            "dataset": "@train#dataset",
            "prepare_batch": "@validate#prepare_batch",
            "batch_size": "@batch_size",
            "model": "$@output_dir + '/model.pt'",
            "output": "$@output_dir + '/model_tbs.pt'",
            "device": "@device",
        }
    ]
}


@pytest.mark.parametrize("scheme", ["frozen", "warmup"])
def test_a_config_may_ask_for_it_at_the_end_of_training(scheme, prepared, tmp_path):
    """The frozen encoder's statistics too, and the same figures as the command's."""
    (tmp_path / "overlay.json").write_text(json.dumps(OVERLAY))
    settings = {**tiny(TASKS[0]), "scheme": scheme, "warmup_epochs": 1, "max_epochs": 2}
    settings["channels_last"] = False  # which would round otherwise than the command
    given = arguments(TASKS[0], ["train"], prepared, output_dir=str(tmp_path / "out"), **settings)
    given["config_file"].append(str(tmp_path / "overlay.json"))
    run(**given)
    old, new = (load_torch(tmp_path / "out" / name) for name in ("model.pt", "model_tbs.pt"))
    changed = {name for name in new if not torch.equal(old[name], new[name])}
    means = {name for name in new if name.endswith("running_mean")}
    assert means <= changed
    assert not {name for name in changed if name.endswith(("weight", "bias"))}
    model, output = tmp_path / "out" / "model.pt", tmp_path / "new.pt"
    shift = recollect_model(BUNDLE, prepared, model, output, SETTINGS)
    record = json.loads((tmp_path / "out" / "model_tbs.json").read_text())
    assert record["layers"] == shift.as_dict()["layers"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"base_chanels": 2}, "did you mean --base_channels"),
        ({**SETTINGS, "base_channels": 4}, "check base_channels"),
        ({**SETTINGS, "batch_norm": "batch"}, "batch_norm: 'batch' .* set batch_norm to 'running'"),
    ],
)
def test_bad_input_is_one_line(overrides, message, model, prepared, tmp_path):
    with pytest.raises(UserError, match=message) as caught:
        recollect_model(BUNDLE, prepared, model, tmp_path / "new.pt", overrides)
    assert "\n" not in one_line(caught.value)
    assert not (tmp_path / "new.pt").exists()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["warmup", "probe"])
def test_two_ranks_train_by_a_scheme(scheme, prepared, tmp_path, new_shell):
    settings = {**tiny(TASKS[0]), "scheme": scheme, "warmup_epochs": 1, "max_epochs": 3}
    given = [*command(TASKS[0], ["train", "multi_gpu_train"], prepared, **settings)]
    result = new_shell(torchrun([*given, "--output_dir", str(tmp_path / "out")]))
    assert result.returncode == 0, result.stderr
    assert list(read_metrics(tmp_path / "out" / "trace.jsonl")) == [1, 2, 3]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("recollect-bn", {"config": BUNDLE, "model": "model.pt", "output": "new.pt"}, "(Eq. 15)"),
        ("probe", {"source": "model.pt", "bundle": BUNDLE}, "untrained   kNN, k "),
    ],
)
def test_from_the_command_line(name, options, expected, model, prepared, tmp_path):
    words = [sys.executable, "-W", "ignore", "-m", "medssl.cli", name]
    for key, value in {**options, "data": prepared, **SETTINGS}.items():
        words += [f"--{key}", str(value)]
    result = subprocess.run(
        words,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=170,
    )
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout
