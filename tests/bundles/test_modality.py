"""MR from preparation to masks: every room applies the scans' rule, and nobody has to name it."""

import json

import nibabel as nib
import numpy as np
import pytest
from monai.bundle import ConfigParser
from monai.bundle import run as run_config

from medssl.errors import UserError, one_line
from medssl.sources import prepare_images
from medssl.store.contract import ScanContract
from medssl.zoo import pack, unpack
from tests.scans import save_nifti

from .conftest import BUNDLES, PRETEXT, TASKS, arguments, tiny
from .organs import dice_of, scan_with_organs

BUNDLE, SPACING = "liver_ct_segmentation", 4.0
AFFINE = np.diag([SPACING, SPACING, SPACING, 1.0])
WINDOW = {"window_size": [16, 16, 16], "num_workers": 0}
LAYOUT = {"images": "*/mr.nii.gz", "labels": "*/organs.nii.gz", "spacing": SPACING, "workers": 1}


def write(folder, seed, gain):
    """Three organs in a scan whose scanner has a gain of its own."""
    hu, label = scan_with_organs(seed)
    grey = (hu.astype(np.float32) + 1050).clip(0) * gain
    save_nifti(folder / "organs.nii.gz", label, AFFINE)
    return save_nifti(folder / "mr.nii.gz", grey, AFFINE)


@pytest.fixture(scope="module", params=["percentile", "zscore"])
def world(request, tmp_path_factory):
    """Scans, prepared folder and run of a rule."""
    folder = tmp_path_factory.mktemp(request.param)
    for seed, gain in enumerate((0.1, 1.0, 3.0, 0.4)):
        write(folder / "scans" / f"c{seed}", seed, gain)
    options = {**LAYOUT, "modality": "mr", "intensity": request.param}
    prepare_images(folder / "scans", folder / "data", fractions=(0.5, 0.25, 0.25), **options)
    settings = tiny(BUNDLE) | {
        "base_channels": 4,
        "classes": [[1], [2], [3]],
        "window": [-1000, 1000],
        "class_rates": 0.9,
        "crops_per_scan": 8,
        "learning_rate": 0.01,
        "max_epochs": 8,
        "lr_milestones": [50],
    }
    run(["train"], folder / "data", output_dir=str(folder / "run"), **settings)
    return folder


def run(configs, data, **overrides) -> None:
    run_config(**arguments(BUNDLE, configs, data, **overrides))


def test_evaluation_and_masks_agree_whatever_the_gain(world, tmp_path):
    out = world / "run"
    run(["train", "evaluate"], world / "data", output_dir=str(out), **WINDOW)
    metrics = json.loads((out / "metrics.json").read_text())
    (case,) = json.loads((world / "data" / "datalist.json").read_text())["test"]
    scan = world / "scans" / case["id"] / "mr.nii.gz"
    copy = write(tmp_path / "copy", int(case["id"][1:]), gain=11.0)
    masks = []
    for path in (scan, copy):
        folder = tmp_path / path.parent.name
        run(["inference"], path, output_dir=str(folder), model=str(out / "model.pt"), **WINDOW)
        masks.append(folder / "mr_seg.nii.gz")
    for value, dice in dice_of(masks[0], scan.with_name("organs.nii.gz")).items():
        assert dice == pytest.approx(metrics[f"dice_{value}"], abs=0.01)
    one, other = (np.asarray(nib.load(mask).dataobj) for mask in masks)
    assert len(np.unique(one)) > 1
    assert (one != other).mean() < 1e-3  # single precision


def test_scans_prepared_by_another_rule_are_refused(world, tmp_path):
    rule = json.loads((world / "run" / "provenance.json").read_text())["scan"]["intensity"]
    other = {"percentile": "zscore", "zscore": "percentile"}[rule]
    options = {**LAYOUT, "modality": "mr", "intensity": other, "fractions": (0.5, 0.25, 0.25)}
    prepare_images(world / "scans", tmp_path / "data", **options)
    with pytest.raises((RuntimeError, UserError)) as error:
        run(["train", "evaluate"], tmp_path / "data", output_dir=str(world / "run"), **WINDOW)
    line = one_line(error.value.__cause__ or error.value)
    assert f"prepared with intensity {other}, the model was trained with {rule}" in line


def test_a_packed_bundle_prepares_raw_pairs_by_the_rule_of_its_weights(world, tmp_path):
    rule = json.loads((world / "run" / "provenance.json").read_text())["scan"]["intensity"]
    archive = pack(BUNDLES / BUNDLE, tmp_path / "dist", world / "run")
    released = unpack(archive, tmp_path / "there")
    train = json.loads((released / "configs" / "train.json").read_text())
    inference = json.loads((released / "configs" / "inference.json").read_text())
    assert train["raw_intensity"] == rule
    assert inference["trained"]["default"]["intensity"] == rule


@pytest.mark.parametrize("name", [*PRETEXT, *TASKS])
def test_every_bundle_knows_whether_its_weights_saw_mr(name, tmp_path):
    parser = ConfigParser()
    parser.read_config(str(BUNDLES / name / "configs" / "inference.json"))
    for channel, rule, of_mr in (("MR", "percentile", True), ("CT", "hu", False)):
        contract = ScanContract(intensity=rule, channels=(channel,))
        (tmp_path / "provenance.json").write_text(json.dumps({"scan": contract.as_dict()}))
        parser.update({"model": str(tmp_path / "model.pt")})
        parser.parse()
        parser["intensity"] = rule
        (load,) = [
            number
            for number, step in enumerate(parser["preprocessing"]["transforms"])
            if step["_target_"].endswith("LoadScand")
        ]
        found = parser.get_parsed_content(f"preprocessing#transforms#{load}")
        assert found.of_mr == of_mr
