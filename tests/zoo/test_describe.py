"""A release's metadata: its own words where the run changed nothing, else the run's."""

import json
import shutil

import pytest

from medssl.engines import Trained
from medssl.networks import EncoderClassifier, UNet3D
from medssl.store.contract import ScanContract
from medssl.zoo.describe import describe

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
