"""What a server calls the values of a bundle's masks; here without MONAI Label."""

import importlib.util
import json
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from medssl.store.contract import ScanContract

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "apps" / "medssl_label" / "lib" / "labels.py"
SPEC = importlib.util.spec_from_file_location("labels", FILE)
labels = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(labels)


def parsed(bundle, **changed):
    parser = ConfigParser()
    parser.read_config(str(ROOT / "bundles" / bundle / "configs" / "inference.json"))
    parser.config.update({"bundle_root": "nowhere", **changed})
    return parser


def written(bundle, **changed):
    return labels.written_classes(parsed(bundle, **changed))


def named(*names):
    channels = {str(number): name for number, name in enumerate(names)}
    return {"network_data_format": {"outputs": {"pred": {"channel_def": channels}}}}


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        ("liver_ct_segmentation", {"liver": 1}),
        ("liver_tumor_ct_segmentation", {"liver": 1, "tumour": 2}),
        ("lung_nodule_ct_segmentation", {"nodule": 1}),
        ("volume_segmentation", {"label 1": 1}),
        ("volume_classification", {"0": 0, "1": 1}),
    ],
)
def test_a_bundles_own_classes_are_called_as_in_its_metadata(bundle, expected):
    metadata = json.loads((ROOT / "bundles" / bundle / "configs" / "metadata.json").read_text())
    assert labels.label_values(labels.own_names(metadata), written(bundle)) == expected


REGIONS = [[1, 2, 4], [1, 4], [4]]


def test_regions_have_their_own_values():
    names = labels.own_names(named("background", "Whole", "Core", "Inner"))
    found = labels.label_values(names, written("volume_segmentation", classes=REGIONS))
    assert found == {"whole": 2, "core": 1, "inner": 4}


@pytest.mark.parametrize("names", [("label 1",), ("a", "b", "c", "d"), ("Core", "core", "inner")])
@pytest.mark.parametrize("classes", [REGIONS, [[2, 3], [1], [4]]])
def test_where_names_do_not_fit_each_class_has_one_still(names, classes):
    found = labels.label_values(names, written("volume_segmentation", classes=classes))
    assert found == {"2": 2, "1": 1, "4": 4}


@pytest.mark.parametrize(
    ("bundle", "classes", "trained", "expected"),
    [
        ("volume_segmentation", [[1], [2]], ["spleen", "kidney"], ["spleen", "kidney"]),
        ("liver_tumor_ct_segmentation", [[3], [7]], ["cyst", "kidney"], ["cyst", "kidney"]),
        ("liver_tumor_ct_segmentation", [[1], [2]], ["kidney", "cyst"], ["kidney", "cyst"]),
        ("liver_tumor_ct_segmentation", [[1], [2]], ["1", "2"], ["liver", "tumour"]),
        ("liver_ct_segmentation", [[1, 2]], ["liver_tumour"], ["liver"]),
        ("liver_ct_segmentation", [[1]], ["liver_vessel"], ["liver_vessel"]),
        ("volume_segmentation", [[1], [2]], None, ["label 1"]),
    ],
)
def test_classes_are_called_as_the_weights_learnt_them(
    bundle, classes, trained, expected, tmp_path
):
    """A bundle's own names stand beside weights of other data, at any values."""
    scan = {**ScanContract().as_dict(), "classes": classes}
    scan |= {} if trained is None else {"class_names": trained}
    (tmp_path / "provenance.json").write_text(json.dumps({"scan": scan, "network": {}}))
    own = json.loads((ROOT / "bundles" / bundle / "configs" / "metadata.json").read_text())
    config = parsed(bundle, model=str(tmp_path / "model.pt"))
    assert labels.trained_names(config, labels.own_names(own)) == expected
