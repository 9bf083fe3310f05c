"""Four channels made from one, through preparation, pretraining, fine-tuning and inference."""

import json
import shutil
import sys

import numpy as np
import pytest
import torch
from monai.bundle import run as run_config

from medssl.networks import UNet3D
from medssl.sources import prepare_images
from medssl.sources.listed_sets import prepare_listed
from medssl.store.splits import SPLITS
from medssl.transfer import audit, transfer
from medssl.weights import load_torch
from medssl.zoo import pack, unpack
from tests.scans import save_nifti

from ..warm import Bare, run_warm
from .conftest import BUNDLES, arguments, tiny
from .organs import dice_of, scan_with_organs

TASK, METHOD = "liver_ct_segmentation", "pretrain_models_genesis"
AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
NAMES = ("T1", "T2", "FLAIR", "T1ce")
ORGANS = {"background": 0, "spleen": 1, "kidney": 2, "bowel": 3}
WINDOW = {"window_size": [16, 16, 16], "num_workers": 0}


def channels_of_one(hu: np.ndarray) -> list[np.ndarray]:
    """The scan, its negative, its square root and a noisy copy, each in a unit of its own."""
    grey = (hu.astype(np.float32) + 1050).clip(0)
    noise = np.random.default_rng(0).normal(0, 5, hu.shape).astype(np.float32)
    return [grey, 3 * (grey.max() - grey), np.sqrt(grey) / 7, grey * 0.2 + noise * (grey > 0)]


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("channels")
    for seed in range(4):
        hu, label = scan_with_organs(seed)
        for number, values in enumerate(channels_of_one(hu)):
            save_nifti(folder / "imagesTr" / f"c{seed}_{number:04d}.nii.gz", values, AFFINE)
        save_nifti(folder / "labelsTr" / f"c{seed}.nii.gz", label, AFFINE)
    named = {str(number): name for number, name in enumerate(NAMES)}
    (folder / "dataset.json").write_text(json.dumps({"channel_names": named, "labels": ORGANS}))
    return folder


@pytest.fixture(scope="module")
def prepared(scans, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    options = {"spacing": 4.0, "fractions": (0.5, 0.25, 0.25), "workers": 1}
    prepare_listed("nnunet", scans, folder, **options)
    return folder


def run(bundle, configs, data, **overrides):
    run_config(**arguments(bundle, configs, data, **overrides))


@pytest.fixture(scope="module")
def pretrained(prepared, tmp_path_factory):
    """Each channel was a scan of its patient."""
    folder = tmp_path_factory.mktemp("pretrained")
    settings = tiny(METHOD) | {"base_channels": 4}
    run(METHOD, ["train"], prepared, output_dir=str(folder), **settings)
    return folder


@pytest.fixture(scope="module")
def trained(prepared, pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    settings = tiny(TASK) | {
        "pretrained": str(pretrained),
        "classes": [[1], [2], [3]],
        "window": [-1000, 1000],
        "class_rates": 0.9,
        "crops_per_scan": 8,
        "learning_rate": 0.01,
        "max_epochs": 6,
        "lr_milestones": [50],
    }
    del settings["base_channels"]  # taken over
    run(TASK, ["train"], prepared, output_dir=str(folder), **settings)
    return folder


def test_a_repeated_image_gives_the_features_of_one_channel(pretrained):
    one, four = UNet3D(base_channels=4), UNet3D(in_channels=4, base_channels=4)
    for network in (one, four):
        transfer(pretrained, network, "encoder")
        network.eval()
    image = torch.rand(2, 1, 16, 16, 16)
    levels = zip(one.encoder(image), four.encoder(image.repeat(1, 4, 1, 1, 1)), strict=True)
    for alone, repeated in levels:
        torch.testing.assert_close(repeated, alone, rtol=1e-4, atol=1e-5)


def test_the_runs_know_their_channels(pretrained, trained):
    known = [json.loads((run / "provenance.json").read_text()) for run in (pretrained, trained)]
    assert [each["network"]["in_channels"] for each in known] == [1, 4]
    assert known[0]["scan"]["channels"] == ["T1 or T2 or FLAIR or T1ce"]
    assert known[1]["scan"]["channels"] == list(NAMES)
    changes = json.loads((trained / "transfer.json").read_text())["changes"]
    assert {change["key"] for change in changes} >= {"channels", "in_channels"}


def test_every_channel_reaches_the_network(prepared, trained):
    """One that is left dark changes what it says."""
    network = UNet3D(in_channels=4, out_channels=4, base_channels=4)
    network.load_state_dict(load_torch(trained / "model.pt"))
    network.eval()
    image = torch.rand(1, 4, 16, 16, 16)
    whole = network(image)
    for channel in range(4):
        dark = image.clone()
        dark[:, channel] = 0
        assert (network(dark) - whole).abs().max() > 1e-3


@pytest.mark.parametrize("layout", ["files", "one file"])
def test_masks_agree_with_evaluation_by_name(prepared, scans, trained, tmp_path, layout):
    run(TASK, ["train", "evaluate"], prepared, output_dir=str(trained), **WINDOW)
    metrics = json.loads((trained / "metrics.json").read_text())
    (test,) = [
        item["facts"]["case"]
        for item in json.loads((prepared / "datalist.json").read_text())["test"]
        if item["facts"]["channel"] == 0
    ]
    channels = channels_of_one(scan_with_organs(int(test[1:]))[0])
    for number, values in enumerate(channels if layout == "files" else []):
        save_nifti(tmp_path / "raw" / f"{test}_{number:04d}.nii.gz", values, AFFINE)
    if layout == "one file":
        save_nifti(tmp_path / "raw" / f"{test}.nii.gz", np.stack(channels, -1), AFFINE)
    out, model = tmp_path / "masks", str(trained / "model.pt")
    run(TASK, ["inference"], tmp_path / "raw", output_dir=str(out), model=model, **WINDOW)
    found = dice_of(out / f"{test}_seg.nii.gz", scans / "labelsTr" / f"{test}.nii.gz")
    for value, name in ((1, "spleen"), (2, "kidney"), (3, "bowel")):
        assert found[value] == pytest.approx(metrics[f"dice_{name}"], abs=0.01)


def test_a_leak_through_one_channel_is_seen(prepared, pretrained, scans, tmp_path):
    """The second channel of a training patient is among another set's scans."""
    listing = json.loads((prepared / "datalist.json").read_text())
    case = next(item["facts"]["case"] for item in listing["training"])
    for seed in range(4):
        hu, _ = scan_with_organs(20 + seed)
        save_nifti(tmp_path / "raw" / f"x{seed}.nii.gz", channels_of_one(hu)[1], AFFINE)
    shutil.copy(scans / "imagesTr" / f"{case}_0001.nii.gz", tmp_path / "raw" / "x0.nii.gz")
    options = {"modality": "mr", "spacing": 4.0, "patients": "each", "workers": 1}
    prepare_images(tmp_path / "raw", tmp_path / "data", fractions=(0.5, 0.25, 0.25), **options)
    reports = [audit(pretrained, tmp_path / "data", split) for split in SPLITS]
    assert sum(len(report.overlaps) for report in reports) == 1


def test_a_packed_model_learns_on_from_raw_pairs(prepared, trained, scans, tmp_path):
    """One file with all channels and its label map, as MONAI Label hands them over."""
    folder = unpack(pack(BUNDLES / TASK, tmp_path / "dist", trained), tmp_path / "there")
    pairs = []
    for seed in range(2):
        values = np.stack(channels_of_one(scan_with_organs(seed)[0]), -1)
        image = save_nifti(tmp_path / "raw" / f"c{seed}.nii.gz", values, AFFINE)
        pairs.append({"image": str(image), "label": str(scans / "labelsTr" / f"c{seed}.nii.gz")})
    config = json.loads((folder / "configs" / "train.json").read_text())
    assert config["raw_channels"] == list(NAMES)
    out = tmp_path / "again"
    overrides = {f"{part}#dataset#data": pairs for part in ("train", "validate")}
    settings = {**tiny(TASK), "classes": [[1], [2], [3]], "output_dir": str(out), **overrides}
    del settings["base_channels"]
    words = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    words += ["--config_file", "configs/train.json"]
    words += [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    done = run_warm(words, folder, Bare)
    assert done.returncode == 0, done.stderr[-500:]
    known = [json.loads((each / "provenance.json").read_text())["scan"] for each in (trained, out)]
    assert known[0] == known[1]
    run(TASK, ["train", "evaluate"], prepared, output_dir=str(out), **WINDOW)
