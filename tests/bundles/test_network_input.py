"""One raw file, three rooms, one network input: training, MONAI Label's raw pairs, inference."""

import json
import shutil

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.bundle import run as run_config

from medssl.analysis.plan import make_plan
from medssl.engines import Trained
from medssl.phantom import prepare_phantom
from medssl.sources.listed_sets import prepare_listed
from medssl.zoo.bake import bake_run

from .conftest import BUNDLES, COMMON, CROP

BUNDLE = "volume_segmentation"
OWN, PREPARED = 7.0, (9.0, 8.0, 10.0)  # voxel size in mm, which does not stay


@pytest.fixture(scope="module", params=["organs_mr", "organs_ct"])
def world(request, tmp_path_factory):
    """Raw scans, a prepared folder with its plan, and a run by that plan."""
    folder = tmp_path_factory.mktemp(request.param)
    prepare_phantom(folder / "raw", kind=request.param, scans=4, spacing=OWN, workers=1)
    options = {"spacing": PREPARED, "fractions": (0.5, 0.25, 0.25), "workers": 1}
    prepare_listed("nnunet", folder / "raw", folder / "data", **options)
    make_plan(folder / "data", timed=lambda *_, **__: 0.1).write(folder / "data" / "plan.json")
    plan = json.loads((folder / "data" / "plan.json").read_text())
    small = {**COMMON, "crop_size": CROP, "crops_per_scan": 1, "logging_file": False}
    run_config(
        config_file=[
            str(BUNDLES / BUNDLE / "configs" / "train.json"),
            str(folder / "data" / "plan.json"),
        ],
        bundle_root=str(BUNDLES / BUNDLE),
        dataset_dir=str(folder / "data"),
        output_dir=str(folder / "run"),
        **small,
    )
    return folder, plan


def config(folder, name, bundle, **changed):
    parser = ConfigParser()
    parser.read_config(str(bundle / "configs" / f"{name}.json"))
    parser.config.update({"bundle_root": str(bundle), "output_dir": str(folder / "out"), **changed})
    return parser


def validated(parser):
    """What the network sees of the validation scan, and the scan's id."""
    (sample,) = list(parser.get_parsed_content("validate#dataset"))
    batch = {key: torch.as_tensor(sample[key])[None] for key in ("image", "label")}
    image, _ = parser.get_parsed_content("validate#prepare_batch")(batch, torch.device("cpu"))
    return image[0].numpy(), sample["case"]


def test_the_network_sees_the_same_in_training_monai_label_and_inference(world, tmp_path):
    folder, plan = world
    known = Trained(folder / "run" / "model.pt")
    assert known.known["window"] == plan["window"]
    assert known.known["spacing"] == list(PREPARED)
    trained, case = validated(
        config(tmp_path, "train", BUNDLES / BUNDLE, dataset_dir=str(folder / "data"), **plan)
    )
    released = tmp_path / "released"
    shutil.copytree(BUNDLES / BUNDLE / "configs", released / "configs")
    shutil.copytree(folder / "run", released / "models")
    run = json.loads((released / "models" / "provenance.json").read_text())["config"]
    bake_run(released, {**run, **known.known}, known.known)
    raw = folder / "raw" / "imagesTr" / f"{case}_0000.nii.gz"
    pair = {"image": str(raw), "label": str(folder / "raw" / "labelsTr" / f"{case}.nii.gz")}
    parser = config(tmp_path, "train", released, dataset_dir=str(tmp_path / "none"))
    parser["validate#dataset#data"] = [pair]
    learnt, _ = validated(parser)
    assert np.array_equal(learnt, trained)
    parser = config(tmp_path, "inference", released, dataset_dir=str(raw))
    (item,) = parser.get_parsed_content("dataset")
    seen = np.asarray(item["image"])
    assert seen.shape == trained.shape
    low, high = plan["window"]
    # Stored values are whole numbers, HU or thousandths; inference does not round.
    assert np.abs(seen - trained).max() <= 0.51 / (high - low)
    assert 0.05 < (trained > 0.02).mean() < 1
