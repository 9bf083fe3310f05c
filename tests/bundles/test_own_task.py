"""A user's own task, from nnU-Net's files to masks and figures by name.

MR of four sequences, and regions within each other.
"""

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
from medssl.zoo import pack, unpack

from .conftest import BUNDLES, arguments, tiny

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


def held_out(world, key="case"):
    listing = json.loads((world / "data" / "datalist.json").read_text())
    return {(item if key in item else item["facts"])[key] for item in listing["test"]}


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


def test_releases_say_that_they_saw_four_sequences_of_mr(world, tmp_path):
    for name, run_, called in (
        (METHOD, "pretrained", [" or ".join(ORGANS.channels)]),
        (TASK, "run", list(ORGANS.channels)),
    ):
        bundle = unpack(pack(BUNDLES / name, tmp_path / "dist", world / run_), tmp_path)
        metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
        image = metadata["network_data_format"]["inputs"]["image"]
        assert (image["modality"], image["format"]) == ("MR", "magnitude")
        assert list(image["channel_def"].values()) == called
        assert image["num_channels"] == len(called)
        assert "CT" not in metadata["image_classes"]


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


# The values of BraTS: those of a region are not in the order of the regions.
REGIONS = {"whole": [1, 2, 4], "core": [1, 4], "inner": 4}


@pytest.fixture(scope="module")
def nested(tmp_path_factory):
    """Balls within balls, as nnU-Net names regions, and a network that has learnt them a little."""
    folder = tmp_path_factory.mktemp("regions")
    grid = np.stack(np.meshgrid(*[np.arange(24)] * 3, indexing="ij"))
    for number in range(6):
        rng = np.random.default_rng(number)
        far = np.linalg.norm(grid - rng.uniform(9, 14, 3)[:, None, None, None], axis=0)
        depth = sum((far < radius).astype(np.uint8) for radius in (8, 5.5, 3.5))
        drawn = np.array([0, 2, 1, 4], dtype=np.uint8)[depth]
        image = 100 * depth + rng.normal(0, 5, drawn.shape)
        for part, array in (("images", image.astype(np.int16)), ("labels", drawn)):
            name = f"case_{number}" + ("_0000" if part == "images" else "")
            path = folder / "raw" / f"{part}Tr" / f"{name}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            nib.save(nib.Nifti1Image(array, np.diag([1.0, 1.0, 2.0, 1.0])), path)
    told = {"channel_names": {"0": "T1"}, "labels": {"background": 0, **REGIONS}}
    (folder / "raw" / "dataset.json").write_text(json.dumps(told))
    options = {"spacing": "native", "fractions": (0.5, 0.25, 0.25), "workers": 1}
    prepare_listed("nnunet", folder / "raw", folder / "data", **options)
    settings = {**tiny(TASK), "base_channels": 4, "crops_per_scan": 16, "max_epochs": 10}
    settings |= {"learning_rate": 0.01, "batch_size": 4, "val_interval": 5, "augmentation": "none"}
    run(TASK, ["train"], folder / "data", output_dir=str(folder / "run"), **settings)
    return folder


def test_regions_within_each_other_are_learnt_scored_and_written_by_name(nested, tmp_path):
    places = {"output_dir": str(nested / "run"), "num_workers": 0}
    run(TASK, ["train", "evaluate"], nested / "data", **places)
    metrics = json.loads((nested / "run" / "metrics.json").read_text())
    known = json.loads((nested / "run" / "provenance.json").read_text())
    assert known["scan"]["class_names"] == list(REGIONS)
    assert known["network"]["out_channels"] == 3
    assert metrics["dice_whole"] > 0.7
    assert metrics["dice_core"] > 0.5
    model, raw = str(nested / "run" / "model.pt"), nested / "raw" / "imagesTr"
    run(TASK, ["inference"], raw, output_dir=str(tmp_path), model=model, num_workers=0)
    dice = {name: [] for name in REGIONS}
    for case in held_out(nested, "id"):
        found, drawn = (
            np.asarray(nib.load(path).dataobj)
            for path in (tmp_path / f"{case}_seg.nii.gz", nested / f"raw/labelsTr/{case}.nii.gz")
        )
        for name, values in REGIONS.items():
            ours, truth = np.isin(found, values), np.isin(drawn, values)
            dice[name].append(2 * (ours & truth).sum() / (ours.sum() + truth.sum()))
    bundle = unpack(pack(BUNDLES / TASK, tmp_path / "dist", nested / "run"), tmp_path)
    said = json.loads((bundle / "configs" / "metadata.json").read_text())["pred_classes"]
    assert said.endswith("2 is whole, 1 is core, 4 is inner")
    assert set(np.unique(found)) == {0, 1, 2, 4}
    for name, figures in dice.items():
        assert np.mean(figures) == pytest.approx(metrics[f"dice_{name}"], abs=0.01)
