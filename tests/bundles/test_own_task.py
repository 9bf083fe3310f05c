"""A user's own task: MR of four sequences, from nnU-Net's files to masks and figures by name."""

import json

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.bundle import run as run_config

from medssl.networks import UNet3D
from medssl.phantom import write_nnunet
from medssl.phantom.organ_scans import ORGAN_SETS
from medssl.sources.listed_sets import prepare_listed
from medssl.transfer import transfer
from medssl.weights import load_torch

from .conftest import arguments, tiny

TASK, METHOD, SPACING = "volume_segmentation", "pretrain_models_genesis", 8.0
ORGANS = ORGAN_SETS["organs_mr4"]
STEM = "encoder.blocks.0.unit1.conv.weight"


def run(bundle, configs, data, **overrides):
    run_config(**arguments(bundle, configs, data, **overrides))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Scans, prepared folder, pretraining of a step or two, and a fine-tuned network."""
    folder = tmp_path_factory.mktemp("own task")
    write_nnunet(folder / "raw", "organs_mr4", 4, 0, (SPACING, SPACING, SPACING))
    options = {"spacing": SPACING, "fractions": (0.5, 0.25, 0.25), "workers": 1}
    prepare_listed("nnunet", folder / "raw", folder / "data", **options)
    shape = {"base_channels": 4, "crops_per_scan": 1, "batch_size": 6}
    settings = tiny(METHOD) | shape
    run(METHOD, ["train"], folder / "data", output_dir=str(folder / "pretrained"), **settings)
    settings = tiny(TASK) | {
        "pretrained": str(folder / "pretrained"),
        "class_rates": 0.9,
        "crops_per_scan": 12,
        "learning_rate": 0.01,
        "max_epochs": 4,
        "flip_axes": "yz",
    }
    del settings["base_channels"]  # taken over
    run(TASK, ["train"], folder / "data", output_dir=str(folder / "run"), **settings)
    return folder


def held_out(world):
    listing = json.loads((world / "data" / "datalist.json").read_text())
    return {item["facts"]["case"] for item in listing["test"]}


def test_pretraining_takes_each_sequence_as_a_scan_and_the_stem_is_spread(world):
    known = [json.loads((world / n / "provenance.json").read_text()) for n in ("pretrained", "run")]
    assert [each["network"]["in_channels"] for each in known] == [1, 4]
    assert known[0]["scan"]["channels"] == [" or ".join(ORGANS.channels)]
    assert known[1]["scan"]["channels"] == list(ORGANS.channels)
    handed = json.loads((world / "run" / "transfer.json").read_text())
    assert {change["key"] for change in handed["changes"]} >= {"channels", "in_channels"}
    network = UNet3D(in_channels=4, out_channels=4, base_channels=4)
    transfer(world / "pretrained", network, "encoder")
    one = load_torch(world / "pretrained" / "model.pt")[STEM]
    assert one.shape[1] == 1
    torch.testing.assert_close(network.state_dict()[STEM], one.expand(-1, 4, -1, -1, -1) / 4)


@pytest.fixture(scope="module")
def metrics(world):
    """What ``evaluate`` wrote for the test scan."""
    run(TASK, ["train", "evaluate"], world / "data", output_dir=str(world / "run"), num_workers=0)
    return json.loads((world / "run" / "metrics.json").read_text())


def test_evaluation_scores_three_classes_by_name(metrics):
    dice = [metrics[f"dice_{name}"] for name in ORGANS.classes]
    assert metrics["dice"] == pytest.approx(np.mean(dice), abs=1e-4)
    assert metrics["dice_liver"] > 0.2  # the largest comes first
    assert {f"hd95_{name}" for name in ORGANS.classes} <= set(metrics)


def test_raw_files_become_masks_of_their_own_geometry(world, metrics, tmp_path):
    """Scans stored from right to left among them; what is scored is what a user gets."""
    model = str(world / "run" / "model.pt")
    raw = world / "raw" / "imagesTr"
    run(TASK, ["inference"], raw, output_dir=str(tmp_path), model=model, num_workers=0)
    orders, dice = set(), {name: [] for name in ORGANS.classes}
    for label in sorted((world / "raw" / "labelsTr").glob("*.nii.gz")):
        case = label.name.removesuffix(".nii.gz")
        mask, truth = nib.load(tmp_path / f"{case}_seg.nii.gz"), nib.load(label)
        assert mask.shape == truth.shape
        np.testing.assert_allclose(mask.affine, truth.affine, atol=1e-4)
        orders.add("".join(nib.aff2axcodes(mask.affine)))
        if case in held_out(world):
            found, drawn = (np.asarray(each.dataobj) for each in (mask, truth))
            for value, name in enumerate(ORGANS.classes, start=1):
                both = ((found == value) & (drawn == value)).sum()
                dice[name].append(2 * both / ((found == value).sum() + (drawn == value).sum()))
    assert orders == {"RAS", "LAS"}
    for name, values in dice.items():
        assert np.mean(values) == pytest.approx(metrics[f"dice_{name}"], abs=0.01)
