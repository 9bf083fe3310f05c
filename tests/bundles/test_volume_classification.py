"""A user's own classes of scans and regions: every room says the same of the same scan."""

import csv
import json
import re
import shutil

import numpy as np
import pytest
import torch

from medssl.errors import UserError, one_line
from medssl.networks import EncoderClassifier
from medssl.sources import prepare_images
from medssl.sources.listed_sets import prepare_listed
from medssl.weights import load_torch
from tests.scans import save_nifti

from .conftest import OPEN_CLASSIFICATION, tiny
from .organs import scan_with_organs
from .test_channels import AFFINE, channels_of_one

CLASSES = ["1", "2", "10"]


def rows_of(path):
    with path.open() as stream:
        return list(csv.DictReader(stream))


def probabilities(row):
    return [float(value) for name, value in row.items() if name.startswith("probability_")]


def test_regions_get_the_same_answers_in_every_room(run_bundle, tmp_path, phantom):
    out = tmp_path / "out"
    run_bundle(OPEN_CLASSIFICATION, ["train"], output_dir=str(out), **tiny(OPEN_CLASSIFICATION))
    exact = {"num_workers": 0, "amp": "off"}
    run_bundle(OPEN_CLASSIFICATION, ["train", "evaluate"], output_dir=str(out), **exact)
    judged = rows_of(out / "predictions.csv")
    (test,) = {row["case"] for row in judged}
    (scan,) = phantom.glob(f"subset*/{test}.mhd")
    lines = [",".join(row[key] for key in ("case", "x", "y", "z")) for row in judged]
    (tmp_path / "r.csv").write_text("\n".join(["case,x,y,z", *lines]))
    settings = {"model": str(out / "model.pt"), "batch_size": 3, **exact}
    settings |= {"output_dir": str(tmp_path / "eval"), "regions": str(tmp_path / "r.csv")}
    run_bundle(OPEN_CLASSIFICATION, ["inference"], data=scan, **settings)
    again = rows_of(tmp_path / "eval" / "predictions.csv")
    assert len(again) == len(judged) > 3
    for ours, theirs in zip(judged, again, strict=True):
        assert (ours["x"], ours["z"]) == (theirs["x"], theirs["z"])
        assert probabilities(ours) == pytest.approx(probabilities(theirs), abs=1e-4)
    assert len({row["probability_nodule"] for row in judged}) > 3


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two channels without HU, and three classes that are numbers; no test scan is a 2."""
    folder = tmp_path_factory.mktemp("classes")
    source = folder / "Dataset001_Own"
    for seed in range(10):
        hu, _ = scan_with_organs(seed)
        for number, values in enumerate(channels_of_one(hu)[:2]):
            save_nifti(source / "imagesTr" / f"c{seed}_{number:04d}.nii.gz", values, AFFINE)
    named = {"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0}}
    (source / "dataset.json").write_text(json.dumps(named))
    options = {"spacing": 4.0, "fractions": (0.5, 0.25, 0.25), "seed": 3, "workers": 1}
    prepare_listed("nnunet", source, folder / "data", **options)
    listing = json.loads((folder / "data" / "datalist.json").read_text())
    cases = {
        split: sorted({item["facts"]["case"] for item in listing[split]})
        for split in ("training", "validation", "test")
    }
    assert all(len(cases[split]) > 1 for split in ("validation", "test"))
    labels = {name: CLASSES[n % 3] for n, name in enumerate(cases["training"][1:])}
    for split in ("validation", "test"):
        labels |= {name: ("1", "10")[n % 2] for n, name in enumerate(cases[split])}
    lines = [f"{name},{label}" for name, label in labels.items()]
    (folder / "data" / "labels.csv").write_text("\n".join(["case,label", *lines]) + "\n")
    return folder, cases


@pytest.fixture
def trained(world, run_bundle, tmp_path):
    settings = {
        **tiny(OPEN_CLASSIFICATION),
        "max_epochs": 2,
        "learning_rate": 0.01,
        "augmentation": "S1",
    }
    run_bundle(
        OPEN_CLASSIFICATION,
        ["train"],
        world[0] / "data",
        output_dir=str(tmp_path / "run"),
        **settings,
    )
    return tmp_path / "run"


def test_whole_scans_of_several_channels(world, trained, run_bundle, tmp_path, capsys):
    """Evaluation and inference know classes, channels and rule."""
    folder, cases = world
    known = json.loads((trained / "provenance.json").read_text())
    assert known["scan"]["classes"] == CLASSES
    assert (known["network"]["in_channels"], known["network"]["out_channels"]) == (2, 3)
    network = EncoderClassifier(3, 2, base_channels=2)
    network.load_state_dict(load_torch(trained / "model.pt"))
    dataset = folder / "data"
    exact = {"num_workers": 0, "amp": "off"}
    evaluation = (OPEN_CLASSIFICATION, ["train", "evaluate"], dataset)
    run_bundle(*evaluation, output_dir=str(trained), **exact)
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["absent_classes"] == ["2"]
    assert metrics["sensitivity_2"] is None
    sensitivities = [metrics[f"sensitivity_{name}"] for name in ("1", "10")]
    assert metrics["balanced_accuracy"] == pytest.approx(np.mean(sensitivities))
    assert "no case here is 2" in capsys.readouterr().out
    judged = {row["case"]: row for row in rows_of(trained / "predictions.csv")}
    assert sorted(judged) == cases["test"]
    settings = {"model": str(trained / "model.pt"), "output_dir": str(tmp_path / "eval")}
    raw = folder / "Dataset001_Own" / "imagesTr"
    run_bundle(OPEN_CLASSIFICATION, ["inference"], raw, **exact, **settings)
    found = {row["case"]: row for row in rows_of(tmp_path / "eval" / "predictions.csv")}
    assert len(found) == 10
    for name, row in judged.items():
        assert probabilities(found[name]) == pytest.approx(probabilities(row), abs=1e-4)
        assert sum(probabilities(row)) == pytest.approx(1)


def test_classes_that_contradict_the_model_are_refused(world, trained, run_bundle):
    settings = {"output_dir": str(trained), "num_workers": 0}
    with pytest.raises(RuntimeError) as caught:
        run_bundle(
            OPEN_CLASSIFICATION,
            ["train", "evaluate"],
            world[0] / "data",
            classes=["10", "2", "1"],
            **settings,
        )
    assert one_line(caught.value.__cause__).startswith("classes: ['10', '2', '1'] is asked for")


def test_a_pick_of_classes_needs_as_many_outputs(world, run_bundle, tmp_path):
    settings = {
        **tiny(OPEN_CLASSIFICATION),
        "classes": [10, 1],
        "output_dir": str(tmp_path / "run"),
    }
    run_bundle(OPEN_CLASSIFICATION, ["train"], world[0] / "data", **settings)
    weights = load_torch(tmp_path / "run" / "model.pt")
    last = [value for name, value in weights.items() if name.startswith("head")][-1]
    assert last.shape == torch.Size([2])
    run_bundle(
        OPEN_CLASSIFICATION,
        ["train", "evaluate"],
        world[0] / "data",
        output_dir=settings["output_dir"],
    )
    rows = rows_of(tmp_path / "run" / "predictions.csv")
    assert list(rows[0])[-2:] == ["probability_10", "probability_1"]


def test_evaluation_takes_the_table_of_the_training(world, run_bundle, tmp_path):
    data = shutil.copytree(world[0] / "data", tmp_path / "data")
    head, *rows = (data / "labels.csv").read_text().splitlines()
    turned = {"1": "2", "2": "1"}
    swapped = [",".join(turned.get(cell, cell) for cell in row.split(",")) for row in rows]
    (data / "grade.csv").write_text("\n".join([head, *swapped]) + "\n")
    settings = {**tiny(OPEN_CLASSIFICATION), "output_dir": str(tmp_path / "run")}
    run_bundle(OPEN_CLASSIFICATION, ["train"], data, table="grade.csv", **settings)
    places = {"output_dir": settings["output_dir"], "num_workers": 0}
    run_bundle(OPEN_CLASSIFICATION, ["train", "evaluate"], data, **places)
    truth = dict(row.split(",")[:2] for row in swapped)
    found = rows_of(tmp_path / "run" / "predictions.csv")
    assert {row["case"]: row["label"] for row in found}.items() <= truth.items()


def test_another_table_is_another_run(world, run_bundle, tmp_path):
    data = shutil.copytree(world[0] / "data", tmp_path / "data")
    settings = {**tiny(OPEN_CLASSIFICATION), "output_dir": str(tmp_path / "out")}
    run_bundle(OPEN_CLASSIFICATION, ["train"], data, **settings)
    rows = (data / "labels.csv").read_text().splitlines(keepends=True)
    (data / "labels.csv").write_text("".join([rows[0], rows[2], rows[1], *rows[3:]]))
    with pytest.raises(RuntimeError) as caught:
        run_bundle(OPEN_CLASSIFICATION, ["train"], data, **settings)
    assert "(different: table (other content))" in one_line(caught.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda cases: dict.fromkeys(cases["validation"], "1"), "validation: its .* all 1, so no"),
        (lambda cases: dict.fromkeys(cases["test"], "new"), "training has the class new, so it"),
    ],
)
def test_tables_that_cannot_be_learnt_from_are_refused(
    world, run_bundle, tmp_path, change, expected
):
    data = shutil.copytree(world[0] / "data", tmp_path / "data")
    rows = dict(line.split(",") for line in (data / "labels.csv").read_text().splitlines())
    rows |= change(world[1])
    (data / "labels.csv").write_text("".join(f"{a},{b}\n" for a, b in rows.items()))
    with pytest.raises((RuntimeError, UserError)) as caught:
        run_bundle(
            OPEN_CLASSIFICATION,
            ["train"],
            data,
            output_dir=str(tmp_path / "out"),
            **tiny(OPEN_CLASSIFICATION),
        )
    line = one_line(caught.value)
    assert "\n" not in line
    assert re.search(expected, line)


def test_what_the_middle_shows_is_learnt_by_name(run_bundle, tmp_path):
    """Scans with a dense block in their middle are called so."""
    rng, lines = np.random.default_rng(0), ["case,label"]
    for number in range(24):
        hu = rng.normal(-700, 60, (20, 20, 20)).astype(np.float32)
        if number % 3 == 0:
            hu[7:13, 7:13, 7:13] += 600
        lines.append(f"s{number},{'dense' if number % 3 == 0 else 'empty'}")
        save_nifti(tmp_path / "raw" / f"s{number}.nii.gz", hu)
    (tmp_path / "t.csv").write_text("\n".join(lines))
    options = {"table": tmp_path / "t.csv", "workers": 1, "fractions": (0.5, 0.25, 0.25)}
    prepare_images(tmp_path / "raw", tmp_path / "data", **options)
    settings = {**tiny(OPEN_CLASSIFICATION), "max_epochs": 20, "batch_size": 4, "base_channels": 4}
    settings |= {"output_dir": str(tmp_path / "run"), "val_interval": 5}
    run_bundle(OPEN_CLASSIFICATION, ["train"], tmp_path / "data", **settings)
    run_bundle(
        OPEN_CLASSIFICATION,
        ["train", "evaluate"],
        tmp_path / "data",
        output_dir=str(tmp_path / "run"),
    )
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["auc"] == metrics["sensitivity_dense"] == metrics["sensitivity_empty"] == 1
    assert metrics["brier"] < metrics["brier_shares"] / 2
    assert metrics["accuracy"] > metrics["accuracy_most_frequent"]
    model = {"model": str(tmp_path / "run" / "model.pt"), "output_dir": str(tmp_path / "out")}
    run_bundle(OPEN_CLASSIFICATION, ["inference"], tmp_path / "raw", **model)
    for row in rows_of(tmp_path / "out" / "predictions.csv"):
        assert row["predicted"] == ("dense" if int(row["case"][1:]) % 3 == 0 else "empty")
