"""Every bundle trains, evaluates and infers from a foreign directory."""

import csv
import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from medssl.analysis.outcomes import read_outcomes
from medssl.engines import read_metrics, read_trace
from medssl.errors import UserError
from medssl.metrics import FIGURES
from medssl.networks import EncoderClassifier
from medssl.weights import load_torch

from .conftest import CLASSIFICATION, PRETEXT, SPACING, TASKS, tiny

METRICS = {
    "pretrain_rotation": {"accuracy", "accuracy_chance"},
    "pretrain_relative_patch_location": {"accuracy", "accuracy_most_frequent"},
    "pretrain_jigsaw": {"accuracy", "accuracy_order_trivial"},
    "pretrain_rubiks_cube": {"accuracy", "accuracy_order", "accuracy_rotation"},
    "pretrain_rubiks_cube_plus": {"accuracy", "accuracy_order", "accuracy_mask"},
    "pretrain_autoencoder": {"mse", "psnr", "ssim", "mse_constant"},
    "pretrain_models_genesis": {"mse", "psnr", "ssim", "mse_copy"},
    "pretrain_pcrl": {"mse", "psnr", "ssim", "mse_copy", "retrieval_histogram", *FIGURES},
    "pretrain_simclr": {"retrieval_histogram", *FIGURES},
    "pretrain_byol": {"retrieval_voxels", *FIGURES},
    "lung_nodule_ct_segmentation": {"dice", "iou", "miou", "miou_plus"},
    "lung_nodule_ct_classification": {"auc", "auc_low", "sensitivity", "specificity", "cpm"},
    "liver_ct_segmentation": {"dice", "iou", "assd", "hd95"},
    "liver_tumor_ct_segmentation": {"dice", "dice_liver", "dice_tumour", "iou", "assd"},
    "volume_segmentation": {"dice", "dice_liver", "dice_tumour", "hd95_liver"},
    "volume_classification": {"auc", "balanced_accuracy", "sensitivity_nodule", "brier_shares"},
}

# One method of each family: predictive, generative, contrastive.
FAMILIES = ("pretrain_rubiks_cube", "pretrain_models_genesis", "pretrain_simclr")


def inference(bundle, scans, models, results) -> dict[str, object]:
    """Overrides that let inference.json use what ``tiny`` training left."""
    more = {"candidates": str(scans.parent / "candidates.csv")} if bundle == CLASSIFICATION else {}
    return {
        "data": scans,
        **more,
        "output_dir": str(results),
        "model": str(models / "model.pt"),
        "num_workers": 0,
    }


@pytest.mark.parametrize("bundle", PRETEXT + TASKS)
def test_train_evaluate_and_infer(bundle, run_bundle, data_of, tmp_path, phantom):
    models, results = tmp_path / "models", tmp_path / "results"
    settings = tiny(bundle)
    run_bundle(bundle, ["train"], output_dir=str(models), **settings)
    trace = read_trace(models / "trace.jsonl")
    assert list(trace) == list(range(1, len(trace) + 1))
    assert len(trace) >= 1
    assert list(read_metrics(models / "trace.jsonl")) == [1]
    assert any(models.glob("events.out.tfevents.*"))
    run_bundle(bundle, ["train", "evaluate"], output_dir=str(models), **settings)
    metrics = json.loads((models / "metrics.json").read_text())
    assert set(metrics) >= METRICS[bundle]
    assert all(np.isfinite(metrics[name]) for name in METRICS[bundle])
    others = ("metrics.csv", "_summary.csv")
    tables = {path.name for path in models.glob("*.csv") if not path.name.endswith(others)}
    assert set(metrics.get("tables", ())) == tables
    assert bool(tables) == (bundle in TASKS)
    assert bool(metrics.get("data")) == (bundle in TASKS)
    assert set(metrics.get("classes", ())) == tables & {"candidates.csv"}
    assert metrics.get("class_table") == ("labels.csv" if "predictions.csv" in tables else None)
    if bundle in TASKS:
        assert read_outcomes(models, data_of(bundle))
    run_bundle(bundle, ["inference"], **inference(bundle, phantom / "subset0", models, results))
    assert {path.name for path in results.rglob("*.*")} > {"inference.json"}


def test_candidates_of_other_classes_than_those_judged_are_told(run_bundle, tmp_path, data_of):
    data, models, settings = tmp_path / "data", tmp_path / "models", tiny(CLASSIFICATION)
    shutil.copytree(data_of(CLASSIFICATION), data)
    given = {**settings, "dataset_dir": str(data), "output_dir": str(models)}
    run_bundle(CLASSIFICATION, ["train"], **given)
    run_bundle(CLASSIFICATION, ["train", "evaluate"], **given)
    (case, *_) = [outcome for outcome in read_outcomes(models, data) if outcome.label == "1"]
    head, *rows = (data / "candidates.csv").read_text().splitlines()
    others = [row[:-1] + "0" if row.startswith(case.case.split("/")[0]) else row for row in rows]
    (data / "candidates.csv").write_text("\n".join([head, *others]) + "\n")
    with pytest.raises(UserError, match="judged against other classes than its lines have now"):
        read_outcomes(models, data)


def test_masks_lie_in_the_geometry_of_the_input(run_bundle, tmp_path, phantom):
    bundle = TASKS[0]
    settings = tiny(bundle)
    run_bundle(bundle, ["train"], output_dir=str(tmp_path / "models"), **settings)
    scan = next((phantom / "subset0").glob("*.mhd"))
    reference = nib.load(phantom / "nodule_masks" / f"{scan.stem}.nii.gz")
    folders = (phantom / "subset0", tmp_path / "models", tmp_path / "out")
    run_bundle(bundle, ["inference"], **inference(bundle, *folders))
    mask = nib.load(next((tmp_path / "out").glob("*_seg.nii.gz")))
    assert mask.shape == reference.shape
    np.testing.assert_allclose(mask.affine, reference.affine, atol=1e-3)
    assert set(np.unique(mask.get_fdata())) <= {0, 1}


def test_a_single_scan_is_written_where_results_go(run_bundle, tmp_path, phantom):
    run_bundle(TASKS[0], ["train"], output_dir=str(tmp_path / "models"), **tiny(TASKS[0]))
    scan = next((phantom / "subset0").glob("*.mhd"))
    overrides = inference(TASKS[0], scan, tmp_path / "models", tmp_path / "out")
    run_bundle(TASKS[0], ["inference"], **overrides)
    assert [path.name for path in tmp_path.rglob("*_seg.nii.gz")] == [f"{scan.stem}_seg.nii.gz"]
    assert (tmp_path / "out" / f"{scan.stem}_seg.nii.gz").is_file()


def test_nodules_are_segmented_around_given_points(run_bundle, tmp_path, phantom):
    bundle = TASKS[0]
    run_bundle(bundle, ["train"], output_dir=str(tmp_path / "models"), **tiny(bundle))
    folders = (phantom / "subset0", tmp_path / "models", tmp_path / "out")
    points = {"points": str(phantom / "annotations.csv"), "crop_size": [8, 8, 8]}
    run_bundle(bundle, ["inference"], **{**inference(bundle, *folders), **points})
    mask = nib.load(next((tmp_path / "out").glob("*_seg.nii.gz")))
    scan = next((phantom / "subset0").glob("*.mhd"))
    reference = nib.load(phantom / "nodule_masks" / f"{scan.stem}.nii.gz")
    assert mask.shape == reference.shape
    names = (phantom / "annotations.csv").read_text().splitlines()[1:]
    count = sum(name.startswith(scan.stem) for name in names)
    marked = np.asarray(mask.dataobj) > 0
    assert marked.sum() <= count * 9**3
    for point in np.argwhere(marked)[::50]:
        world = (mask.affine @ [*point, 1])[:3] * [-1, -1, 1]
        near = [np.abs(world - np.array(name.split(",")[1:4], dtype=float)).max() for name in names]
        assert min(near) < 5.5 * SPACING


def test_a_short_run_still_validates_once_and_leaves_a_model(run_bundle, tmp_path):
    settings = {**tiny(TASKS[0]), "val_interval": 50}
    run_bundle(TASKS[0], ["train"], output_dir=str(tmp_path), **settings)
    assert (tmp_path / "model.pt").is_file()


def test_per_nodule_table(run_bundle, tmp_path, prepared):
    bundle = TASKS[0]
    settings = tiny(bundle)
    run_bundle(bundle, ["train"], output_dir=str(tmp_path), **settings)
    run_bundle(bundle, ["train", "evaluate"], output_dir=str(tmp_path), **settings)
    with (tmp_path / "dice_raw.csv").open() as stream:
        rows = list(csv.reader(stream))[1:]
    listed = json.loads((prepared / "datalist.json").read_text())["test"]
    assert len(rows) == sum(len(item["objects"]) for item in listed)
    mean = np.mean([float(row[-1]) for row in rows])
    dice = json.loads((tmp_path / "metrics.json").read_text())["dice"]
    assert dice == pytest.approx(mean, abs=1e-4)  # the table has four decimals


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A folder for the weights of each method, trained when first asked for."""
    return tmp_path_factory.mktemp("pretrained")


@pytest.mark.parametrize(
    ("source", "task"),
    [(source, TASKS[0]) for source in PRETEXT]
    + [(source, task) for source in FAMILIES for task in TASKS[1:]],
)
def test_pretrained_weights_reach_the_task(source, task, run_bundle, tmp_path, pretrained):
    weights = pretrained / source / "model.pt"
    if not weights.is_file():
        run_bundle(source, ["train"], output_dir=str(weights.parent), **tiny(source))
    settings = {**tiny(task), "scheme": "frozen", "learning_rate": 0.01}
    run_bundle(task, ["train"], output_dir=str(tmp_path), pretrained=str(weights), **settings)
    report = json.loads((tmp_path / "transfer.json").read_text())
    loaded = {part["part"]: len(part["loaded"]) for part in report["parts"]}
    assert loaded["encoder"] == 56
    decoder = "psnr" in METRICS[source] and "classification" not in task
    assert loaded["decoder"] == (48 if decoder else 0)
    before, after = load_torch(weights), load_torch(tmp_path / "model.pt")
    frozen = [name for name in after if name.startswith("encoder.")]
    assert all(after[name].equal(before[name]) for name in frozen)


def test_tracking_with_mlflow(run_bundle, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path / 'mlruns.db'}"
    run_bundle(
        "pretrain_rotation",
        ["train"],
        output_dir=str(tmp_path / "out"),
        tracking="mlflow",
        tracking_uri=uri,
        **tiny("pretrain_rotation"),
    )
    (run,) = mlflow.MlflowClient(uri).search_runs(["1"])
    assert {"accuracy", "train_accuracy"} <= set(run.data.metrics)


@pytest.mark.slow
def test_compiled_in_half_precision_and_channels_last(run_bundle, tmp_path):
    settings = {**tiny("pretrain_rotation"), "compile": True, "amp": "auto", "channels_last": True}
    settings["crop_size"] = [24, 24, 24]
    run_bundle("pretrain_rotation", ["train"], output_dir=str(tmp_path), **settings)
    losses = list(read_trace(tmp_path / "trace.jsonl").values())
    assert len(losses) >= 1
    assert np.isfinite(losses).all()
    assert set(load_torch(tmp_path / "model.pt")) == set(
        EncoderClassifier(10, base_channels=2).state_dict()
    )
