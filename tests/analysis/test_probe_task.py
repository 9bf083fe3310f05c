"""What a probe takes over, what it may be told, and what it refuses."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from medssl.analysis import probe_task
from medssl.errors import UserError
from medssl.sources import prepare_images, prepare_listed
from medssl.store import load_datalist
from medssl.store.contract import ScanContract

from ..scans import save_nifti

BUNDLE = Path(__file__).resolve().parents[2] / "bundles" / "lung_nodule_ct_segmentation"
SETTINGS = {"crop_size": [4, 4, 4], "num_workers": 0, "device": "cpu", "seed": 3}
SHARES = (0.5, 0.17, 0.33)


@pytest.fixture
def prepared(scans, tmp_path):
    """Six labelled scans at their own voxel size, 1 x 1 x 1.5 mm."""
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz", "fractions": SHARES}
    return prepare_images(scans, tmp_path / "data", spacing="native", workers=1, **patterns).parent


@pytest.fixture
def compared(monkeypatch):
    """What the classifiers would have been given, in place of an AUC."""
    calls = []
    module = importlib.import_module("medssl.analysis.probe_task")  # the function hides it
    monkeypatch.setattr(module, "compare", lambda *given: calls.append(given))
    return calls


@pytest.fixture
def source(tmp_path):
    """Weights of which nothing is read but what lies beside them."""

    def write(spacing=None, **network):
        record = {"network": network, "scan": ScanContract(spacing).as_dict()}
        (tmp_path / "provenance.json").write_text(json.dumps(record))
        return tmp_path / "model.pt"

    return write


def two_channels(folder):
    """Three cases in nnU-Net's layout, a bright cube in each."""
    label = np.zeros((16, 16, 16), np.uint8)
    label[2:6, 2:6, 2:6] = 1
    for case in range(3):
        for channel in range(2):
            rng = np.random.default_rng([case, channel])
            values = (rng.normal(100, 10, label.shape) + 50 * label).astype(np.float32)
            save_nifti(folder / "imagesTr" / f"c{case}_{channel:04d}.nii.gz", values)
        save_nifti(folder / "labelsTr" / f"c{case}.nii.gz", label)
    described = {"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "a": 1}}
    (folder / "dataset.json").write_text(json.dumps(described))
    return folder


@pytest.mark.parametrize(("known", "asked", "width"), [({}, 3, 3), ({"base_channels": 2}, None, 2)])
def test_the_width_is_that_of_the_weights_else_the_one_asked_for(
    known, asked, width, prepared, compared, source
):
    given = SETTINGS if asked is None else {**SETTINGS, "base_channels": asked}
    probe_task(source(**known), prepared, BUNDLE, transfer_from="target", overrides=given)
    ((network, weights, _, _, transfer_from, seed),) = compared
    assert network.encoder.blocks[0].unit1.conv.out_channels == width
    assert (weights.name, transfer_from, seed) == ("model.pt", "target", 3)


def test_a_width_that_contradicts_the_weights_is_refused(prepared, compared, source):
    weights, given = source(base_channels=2), {**SETTINGS, "base_channels": 4}
    with pytest.raises(UserError, match="base_channels: 4 is asked for"):
        probe_task(weights, prepared, BUNDLE, overrides=given)
    assert not compared


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (5, r"^crop_size: 5, expected three voxel counts"),
        ([6, 6], r"^crop_size: \[6, 6\], expected three voxel counts"),
    ],
)
def test_a_crop_size_that_is_none_is_refused(prepared, source, size, words):
    with pytest.raises(UserError, match=words):
        probe_task(source(), prepared, BUNDLE, overrides={**SETTINGS, "crop_size": size})


@pytest.mark.parametrize("split", ["validation", "test"])
def test_classifiers_learn_from_the_training_split_and_are_judged_on_the_one_named(
    split, prepared, compared, source
):
    probe_task(source(), prepared, BUNDLE, split, overrides={**SETTINGS, "base_channels": 2})
    for name, batches in zip(("training", split), compared[0][2:4], strict=True):
        items = load_datalist(prepared, name, labelled=True)
        found = {patient for _, _, patients in batches for patient in patients}
        assert found == {item["patient"] for item in items}


def test_scans_unlike_those_of_the_training_are_refused_unless_it_is_meant(
    prepared, compared, source
):
    weights, given = source((2.0,) * 3, base_channels=2), dict(SETTINGS)
    way = r"prepared with spacing None, the weights were trained with \[2.0, 2.0, 2.0\].*--spacing"
    with pytest.raises(UserError, match=way):
        probe_task(weights, prepared, BUNDLE, overrides=given)
    probe_task(weights, prepared, BUNDLE, overrides={**given, "spacing": "native"})
    assert len(compared) == 1


def test_a_pretraining_bundle_is_refused_and_the_tasks_beside_it_named(tmp_path):
    for name, metadata in (("pretrain_a", {"pretext": {}}), ("task_b", {}), ("task_c", {})):
        configs = tmp_path / name / "configs"
        configs.mkdir(parents=True)
        (configs / "train.json").write_text("{}")
        (configs / "metadata.json").write_text(json.dumps(metadata))
    expected = "pretrain_a: a pretraining bundle; expected the bundle of a task, such as task_b"
    with pytest.raises(UserError, match=expected):
        probe_task("x", "y", tmp_path / "pretrain_a")


def test_classes_of_whole_crops_are_no_question_of_a_probe():
    bundle = BUNDLE.with_name("volume_classification")
    with pytest.raises(UserError, match=r"volume_classification: its classes .* --scheme probe"):
        probe_task("x", "y", bundle)


def test_weights_of_one_channel_are_probed_on_scans_of_several(tmp_path, compared, source):
    """On all of them, as a fine-tuning would see them."""
    folder = two_channels(tmp_path / "in")
    data = prepare_listed("nnunet", folder, tmp_path / "data", spacing="native", workers=1).parent
    weights = source(base_channels=2)
    record = json.loads((tmp_path / "provenance.json").read_text())
    pretraining = load_datalist(data, "training")[0]["scan"]
    assert len(pretraining["channels"]) == 1
    (tmp_path / "provenance.json").write_text(json.dumps({**record, "scan": pretraining}))
    probe_task(weights, data, BUNDLE, overrides=SETTINGS)
    ((network, _, training, *_),) = compared
    images, targets, _ = next(iter(training))
    assert network.encoder.blocks[0].unit1.conv.in_channels == images.shape[1] == 2
    assert set(targets.tolist()) == {0, 1}
