"""A release's metadata: its own words where the run changed nothing, else the run's."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest
import torch

from medssl.classes import read_classes
from medssl.engines import Trained
from medssl.networks import EncoderClassifier, UNet3D
from medssl.store.contract import ScanContract
from medssl.transforms import ClassNumbersd, LabelValuesd
from medssl.zoo.describe import describe
from medssl.zoo.verify.files import check_metadata

from ..bundles.conftest import BUNDLES


def described(bundle, network, tmp_path, scan):
    configs = BUNDLES / bundle / "configs"
    path = shutil.copy(configs / "metadata.json", tmp_path / "metadata.json")
    record = {"scan": {**ScanContract((2.0,) * 3).as_dict(), **scan}, "network": {}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    inference = json.loads((configs / "inference.json").read_text())
    trained = Trained(tmp_path / "model.pt")
    metadata = describe(path, network, trained, inference)
    assert metadata == json.loads(path.read_text())
    return metadata, json.loads((configs / "metadata.json").read_text())


LIVER = {"classes": [[1, 2]], "class_names": ["liver_tumour"], "window": [-200, 200]}


def test_what_the_run_left_alone_keeps_its_words(tmp_path):
    network = UNet3D(base_channels=1)
    metadata, own = described("liver_ct_segmentation", network, tmp_path, LIVER)
    assert metadata.pop("scan")["window"] == [-200, 200]
    assert metadata == own


def test_the_same_values_of_other_data_have_other_names(tmp_path):
    network = UNet3D(out_channels=3, base_channels=1)
    scan = {"classes": [[1], [2]], "class_names": ["kidney", "cyst"]}
    metadata, _ = described("liver_tumor_ct_segmentation", network, tmp_path, scan)
    pred = metadata["network_data_format"]["outputs"]["pred"]
    assert pred["channel_def"] == {"0": "background", "1": "kidney", "2": "cyst"}
    assert metadata["label_classes"] == "label map: 1 is kidney, 2 is cyst"


def test_other_classes_and_windows_are_named(tmp_path):
    scan = {"classes": [[2]], "class_names": ["tumour"], "window": [0, 80]}
    network = UNet3D(base_channels=1)
    metadata, _ = described("liver_ct_segmentation", network, tmp_path, scan)
    assert metadata["network_data_format"]["outputs"]["pred"]["channel_def"] == {"0": "tumour"}
    assert "after post-processing 2 is tumour" in metadata["pred_classes"]
    assert "clipped to [0, 80]" in metadata["image_classes"]


@pytest.mark.parametrize(
    ("size", "shape"), [([96, 96, 16], [96, 96, 16]), ([0, 96, 16], ["8*n", 96, 16])]
)
def test_the_window_gives_the_shape(size, shape, tmp_path):
    network = UNet3D(out_channels=3, base_channels=1)
    bundle = "liver_tumor_ct_segmentation"
    metadata, _ = described(bundle, network, tmp_path, {"window_size": size})
    formats = metadata["network_data_format"]
    assert formats["inputs"]["image"]["spatial_shape"] == shape
    assert formats["outputs"]["pred"]["spatial_shape"] == shape


def test_a_classifiers_output_has_no_shape(tmp_path):
    network, scan = EncoderClassifier(1, base_channels=1), {"crop_size": [32, 32, 32]}
    metadata, _ = described("lung_nodule_ct_classification", network, tmp_path, scan)
    formats = metadata["network_data_format"]
    assert formats["inputs"]["image"]["spatial_shape"] == [32, 32, 32]
    assert formats["outputs"]["pred"]["spatial_shape"] == []


def test_classes_of_scans_are_called_as_in_the_table(tmp_path):
    network, scan = EncoderClassifier(3, base_channels=1), {"classes": ["mild", "10", "severe"]}
    metadata, _ = described("volume_classification", network, tmp_path, scan)
    pred = metadata["network_data_format"]["outputs"]["pred"]
    assert pred["num_channels"] == 3
    assert pred["channel_def"] == {"0": "mild", "1": "10", "2": "severe"}
    assert metadata["label_classes"] == "mild, 10, severe"


@pytest.mark.parametrize(("name", "called"), [("spleen", "spleen"), ("1", "label 1")])
def test_a_class_alone_keeps_its_name(name, called, tmp_path):
    """Value 1 is what an open bundle has before any training, where it is called label 1."""
    scan = {"classes": [[1]], "class_names": [name]}
    metadata, own = described("volume_segmentation", UNet3D(base_channels=1), tmp_path, scan)
    assert metadata["network_data_format"]["outputs"]["pred"]["channel_def"] == {"0": called}
    named = name == called
    assert (metadata["label_classes"] == "label map: 1 is spleen") == named
    assert (metadata["pred_classes"] == own["pred_classes"]) != named


REGIONS = [[1, 2, 4], [1, 4], [4]]
NAMED = {"classes": REGIONS, "class_names": ["whole", "core", "inner"]}


def test_regions_have_no_background_and_are_written_as_their_own_values(tmp_path):
    network = UNet3D(out_channels=3, base_channels=1)
    metadata, _ = described("volume_segmentation", network, tmp_path, NAMED)
    pred = metadata["network_data_format"]["outputs"]["pred"]
    assert pred["num_channels"] == 3
    assert pred["channel_def"] == {"0": "whole", "1": "core", "2": "inner"}
    assert metadata["label_classes"].endswith("1 or 2 or 4 is whole, 1 or 4 is core, 4 is inner")
    assert metadata["pred_classes"].startswith("3 channels of logits; ")
    assert metadata["pred_classes"].endswith(": 2 is whole, 1 is core, 4 is inner")


@pytest.mark.parametrize("classes", [REGIONS, [[4], [1, 4], [1, 2, 4]], [[3, 1], [2]], [[7, 3]]])
def test_masks_hold_the_values_that_are_named(classes, tmp_path):
    """A voxel for each class, that its channel and those of the regions around it claim."""
    names = [f"c{number}" for number in range(len(classes))]
    scheme = read_classes(classes)
    network = UNet3D(out_channels=scheme.out_channels, base_channels=1)
    scan = {"classes": classes, "class_names": names}
    metadata, _ = described("volume_segmentation", network, tmp_path, scan)
    channels = metadata["network_data_format"]["outputs"]["pred"]["channel_def"]
    for name, group in zip(names, classes, strict=True):
        around = [n for n, other in zip(names, classes, strict=True) if set(group) <= set(other)]
        claimed = [name_ in around for name_ in channels.values()]
        shares = torch.tensor(claimed, dtype=torch.float32).reshape(-1, 1, 1, 1)
        numbers = ClassNumbersd("pred", classes)({"pred": shares})
        value = int(LabelValuesd("pred", classes)(numbers)["pred"])
        assert f"{value} is {name}" in re.split(r"[:,] |processing ", metadata["pred_classes"])


MR = {"channels": ["FLAIR", "T1", "T1ce", "T2"], "intensity": "percentile", "in_channels": 4}


def test_channels_of_mr_are_named(tmp_path):
    network = UNet3D(in_channels=4, base_channels=1)
    metadata, _ = described("volume_segmentation", network, tmp_path, {**MR, "window": [-900, 900]})
    image = metadata["network_data_format"]["inputs"]["image"]
    assert (image["modality"], image["format"], image["num_channels"]) == ("MR", "magnitude", 4)
    assert image["channel_def"] == {"0": "FLAIR", "1": "T1", "2": "T1ce", "3": "T2"}
    assert metadata["image_classes"] == (
        "4 channels of MR (FLAIR, T1, T1ce, T2), thousandths of each scan's own scale "
        "(percentile) clipped to [-900, 900] and scaled to [0, 1]"
    )
    check_metadata(SimpleNamespace(metadata=metadata))


@pytest.mark.parametrize(
    ("channels", "rule", "modality", "format_"),
    [
        (["CT"], "hu", "CT", "hounsfield"),
        (["venous", "arterial"], "hu", "CT", "hounsfield"),
        (["CT"], "zscore", "CT", "magnitude"),
        (["MR"], "zscore", "MR", "magnitude"),
        (["T1 or FLAIR"], "percentile", "MR", "magnitude"),
        (["image"], "percentile", "n/a", "magnitude"),
        (["CT", "PET"], "percentile", "n/a", "magnitude"),
    ],
)
@pytest.mark.parametrize("bundle", [path.name for path in sorted(BUNDLES.iterdir())])
def test_every_bundle_says_what_its_weights_saw(
    bundle, channels, rule, modality, format_, tmp_path
):
    scan = {"channels": channels, "intensity": rule, "in_channels": len(channels)}
    network = UNet3D(in_channels=len(channels), base_channels=1)
    metadata, own = described(bundle, network, tmp_path, scan)
    image, pred = (
        metadata["network_data_format"][side][key]
        for side, key in (("inputs", "image"), ("outputs", "pred"))
    )
    assert (image["modality"], image["format"]) == (modality, format_)
    assert image["num_channels"] == len(channels) == len(image["channel_def"])
    if channels != ["CT"]:
        assert list(image["channel_def"].values()) == channels
    assert ("Hounsfield" in metadata["image_classes"]) == (rule == "hu")
    assert modality != "MR" or "CT" not in metadata["image_classes"]
    restored = own["network_data_format"]["outputs"]["pred"]["format"] == "hounsfield"
    assert not restored or pred["format"] == format_
    check_metadata(SimpleNamespace(metadata=metadata))
