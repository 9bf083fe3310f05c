"""MONAI Label's real server with the tasks, over HTTP; see ``make test-label``.

Not among the default tests: the server has an environment of its own, of three gigabytes.
"""

import json
import shutil
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from medssl.files import sha256_of

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-label" / "bin" / "python"
sys.path.insert(0, str(ROOT / "apps"))

import demo  # noqa: E402
from label_server import running  # noqa: E402

pytestmark = [
    pytest.mark.label,
    pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-label; run `make test-label`"),
]
LIVER, NEXT = "liver_ct_segmentation", "liver_ct_segmentation_next"
NODULE = "lung_nodule_ct_segmentation"
DAMAGED = "damaged.nii.gz"
JUDGES = (demo.CLASSIFICATION, demo.OPEN_CLASSIFICATION)


def newer_version(work):
    """The liver bundle as version 0.2.0, with other weights."""
    bundle = work / "newer" / LIVER
    shutil.copytree(ROOT / "bundles" / LIVER, bundle, ignore=shutil.ignore_patterns("models"))
    for name, change in {
        "metadata": {"version": "0.2.0", "changelog": {"0.1.0": "", "0.2.0": "other weights"}},
        "train": {"seed": 1},
    }.items():
        path = bundle / "configs" / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    return demo.release(bundle, work)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server with the tasks, two versions of one, a pretraining and a broken bundle."""
    work = tmp_path_factory.mktemp("label")
    studies, candidates = demo.make_studies(work)
    nib.save(
        nib.Nifti1Image(np.full((20, 20, 20), np.nan, np.float32), np.eye(4)), studies / DAMAGED
    )
    app = demo.make_app(work)
    demo.install(newer_version(work), app, NEXT)
    broken = app / "model" / "broken"
    shutil.copytree(app / "model" / NODULE, broken)
    (broken / "models" / "model.pt").write_bytes(b"no weights")
    (broken / "configs" / "inference.json").write_text("{")
    with running(PYTHON, app, studies, work / "server.log") as server:
        yield server, work, candidates


def geometry(path):
    image = nib.load(path)
    return image.shape, np.round(image.affine, 3).tolist()


def test_all_tasks_are_offered_and_what_is_broken_is_not(served):
    info = served[0].info()
    assert set(info["models"]) == {*demo.IMAGES, NEXT}
    assert info["models"][LIVER]["version"] == "0.1.0"
    assert info["models"][NEXT]["version"] == "0.2.0"
    assert info["models"][LIVER]["labels"] == {"liver": 1}
    assert info["models"]["liver_tumor_ct_segmentation"]["labels"] == {"liver": 1, "tumour": 2}
    assert {info["models"][name]["type"] for name in JUDGES} == {"classification"}
    assert info["models"][demo.OPEN_CLASSIFICATION]["labels"] == {"no nodule": 0, "nodule": 1}
    assert set(info["trainers"]) == {*demo.IMAGES, NEXT} - {*JUDGES}
    assert "left out broken" in served[0].log.read_text()


@pytest.mark.parametrize("model", [name for name in demo.IMAGES if name not in JUDGES])
def test_a_label_map_comes_back_in_the_geometry_of_the_scan(model, served):
    server, work, _ = served
    image = demo.IMAGES[model]
    found = server.segment(model, image, work / f"{model}.nii.gz")
    assert geometry(found) == geometry(work / "studies" / f"{image}.nii.gz")
    labels = server.info()["models"][model]["labels"]
    assert set(demo.voxels(found)) <= {0, *labels.values()}


def test_the_server_gives_what_the_bundle_gives(served):
    """The same weights through ``monai.bundle run``: the same voxels."""
    from monai.bundle import run

    server, work, _ = served
    bundle, scan = work / "app" / "model" / LIVER, work / "studies" / f"{demo.ABDOMEN}.nii.gz"
    sys.path.insert(0, str(bundle))
    run(
        config_file=str(bundle / "configs" / "inference.json"),
        bundle_root=str(bundle),
        dataset_dir=str(scan),
        output_dir=str(work / "by_hand"),
        logging_file=False,
    )
    sys.path.remove(str(bundle))
    (written,) = (work / "by_hand").rglob("*.nii.gz")
    found = server.segment(LIVER, demo.ABDOMEN, work / "served.nii.gz")
    assert np.array_equal(nib.load(found).dataobj, nib.load(written).dataobj)


def test_two_versions_live_side_by_side(served):
    """A, B, A: the second library does not take the place of the first, nor its weights."""
    server, work, _ = served
    maps = [
        np.asarray(nib.load(server.segment(model, demo.ABDOMEN, work / f"{turn}.nii.gz")).dataobj)
        for turn, model in enumerate([LIVER, NEXT, LIVER])
    ]
    assert np.array_equal(maps[0], maps[2])
    assert not np.array_equal(maps[0], maps[1])


def test_points_restrict_the_segmentation(served):
    server, work, candidates = served
    whole = demo.voxels(server.segment(NODULE, demo.CHEST, work / "whole.nii.gz"))
    near = demo.voxels(
        server.segment(NODULE, demo.CHEST, work / "near.nii.gz", points=candidates[:1])
    )
    again = demo.voxels(server.segment(NODULE, demo.CHEST, work / "again.nii.gz"))
    assert near.get(1, 0) < whole.get(1, 0)
    assert whole == again


def test_candidates_get_probabilities(served):
    server, _, candidates = served
    found = server.judge(demo.CLASSIFICATION, demo.CHEST, candidates=candidates)["candidates"]
    assert [row["world_mm"] for row in found] == [pytest.approx(place) for place in candidates]
    assert all(0 <= row["nodule"] <= 1 for row in found)


def test_whole_scans_and_regions_get_a_probability_for_each_class(served):
    server, _, places = served
    (whole,) = server.judge(demo.OPEN_CLASSIFICATION, demo.CHEST)["regions"]
    assert whole["world_mm"] is None
    assert list(whole["probabilities"]) == ["no nodule", "nodule"]
    assert sum(whole["probabilities"].values()) == pytest.approx(1)
    found = server.judge(demo.OPEN_CLASSIFICATION, demo.CHEST, regions=places)["regions"]
    assert [row["world_mm"] for row in found] == [pytest.approx(place) for place in places]
    assert all(sum(row["probabilities"].values()) == pytest.approx(1) for row in found)
    with pytest.raises(RuntimeError, match=r"400 .*regions: .*(expected|outside)"):
        server.judge(demo.OPEN_CLASSIFICATION, demo.CHEST, regions=[[9e3, 0.0, 0.0]])


@pytest.mark.parametrize("given", ["here", [[1.0, 2.0]], [[9e3, 0.0, 0.0]]])
@pytest.mark.parametrize("model", [demo.CLASSIFICATION, NODULE])
def test_what_is_no_position_in_the_scan_is_refused_in_one_line(model, given, served):
    key = "candidates" if model == demo.CLASSIFICATION else "points"
    with pytest.raises(RuntimeError, match=rf"400 .*{key}: .*(expected|outside)"):
        served[0].judge(model, demo.CHEST, **{key: given})


def test_a_scan_that_preparation_refuses_is_refused_in_one_line(served):
    with pytest.raises(RuntimeError, match=rf"400 .*{DAMAGED}: 8000 voxels are NaN or infinite"):
        served[0].segment(LIVER, DAMAGED.split(".")[0], served[1] / "never.nii.gz")


def test_classification_asks_for_candidates(served):
    with pytest.raises(RuntimeError, match=r"400 .*candidates: None, expected a list of positions"):
        served[0].judge(demo.CLASSIFICATION, demo.CHEST)


@pytest.fixture(scope="module")
def labelled(served):
    """The same server with a label for each scan."""
    server, work, _ = served
    for image in (demo.ABDOMEN, demo.CHEST):
        label = work / "label.nii.gz"
        demo.draw_box(work / "studies" / f"{image}.nii.gz", label)
        server.submit(image, label)
        stored = work / "studies" / "labels" / "final" / f"{image}.nii.gz"
        assert np.array_equal(nib.load(stored).dataobj, nib.load(label).dataobj)
    return server, work / "app" / "model" / NEXT / "models", work


ROUND = {"max_epochs": 1, "val_split": 0.5, "device": "cpu", "multi_gpu": False}


def test_submitted_labels_train_from_a_pretrained_encoder(labelled):
    server, models, work = labelled
    before = sha256_of(models / "model.pt")
    server.train(NEXT, **ROUND, encoder=demo.ENCODER)
    assert sha256_of(models / "model.pt") != before
    report = json.loads((models / "transfer.json").read_text())
    loaded = {part["part"]: len(part["loaded"]) for part in report["parts"]}
    assert loaded["encoder"] == 56
    assert Path(report["source"]).name == demo.ENCODER
    assert server.segment(NEXT, demo.ABDOMEN, work / "after.nii.gz").is_file()


def test_a_further_round_goes_on_from_the_task_s_weights(labelled):
    """Adam moves a weight by its rate at most in one step, so they stay near where they were."""
    server, models, _ = labelled
    before = torch.load(models / "model.pt")
    server.train(NEXT, **ROUND)
    after = torch.load(models / "model.pt")
    kernels = [name for name, value in before.items() if value.ndim == 5]
    moved = max(float((after[name] - before[name]).abs().max()) for name in kernels)
    assert 0 < moved < 0.011
    assert not (models / "transfer.json").exists()


def test_an_unknown_encoder_is_refused(labelled):
    with pytest.raises(RuntimeError, match="expected a bundle in model/: pretrain_models_genesis"):
        labelled[0].train(NEXT, **ROUND, encoder="../elsewhere")
