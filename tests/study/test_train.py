"""A training of a study, and where its evaluation reports."""

import json
from dataclasses import replace

from medssl.analysis.outcomes import Outcome
from medssl.errors import UserError
from medssl.study import train as training
from medssl.study.runs import Run
from medssl.study.train import device_name, evaluate, settings_of, source_of

CONFIG = "/bundles/lung_nodule_ct_segmentation/configs/train.json"
KEYS = {"base_channels": 2, "transfer_parts": ["encoder"], "transfer_from": "target"}


def run(kind, upstream=("before",), weights=None, **free):
    what = (kind, "ncs", "byol", "bundle", (CONFIG,), dict(KEYS), free, 3, upstream)
    return Run(*what, weights=weights, data="data", content={})


def test_an_evaluation_reports_beside_the_weights(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(training, "run_here", lambda files, keys: asked.append((files, keys)))
    rows = [Outcome("a_1", "a", "class0", "dice", 0.5)]
    monkeypatch.setattr(training, "read_outcomes", lambda folder, data: rows)
    evaluate(run("finetune"), {"seed": 3}, tmp_path)
    written = (tmp_path / "outcomes.csv").read_text(encoding="utf-8")
    assert written == "case,patient,label,metric,value\na_1,a,class0,dice,0.5\n"
    files, keys = asked[0]
    assert [file.rsplit("/", 1)[1] for file in files] == ["train.json", "evaluate.json"]
    assert keys == {"seed": 3, "report_dir": tmp_path}


def test_figures_of_a_pretraining_are_put_where_those_of_a_task_are(tmp_path, monkeypatch):
    models = tmp_path / "models"
    models.mkdir()

    def judge(files, keys):
        weights = {"file": "checkpoint.pt", "sha256": "1"}
        (models / "metrics.json").write_text(json.dumps({"mse": 1.0, "weights": weights}))

    monkeypatch.setattr(training, "run_here", judge)
    evaluate(run("pretrain"), {"output_dir": models}, tmp_path / "test")
    said = json.loads((tmp_path / "test" / "metrics.json").read_text())
    assert said == {"mse": 1.0, "weights": {"file": "../models/checkpoint.pt", "sha256": "1"}}


def test_the_device_is_the_one_asked_for():
    assert device_name(run("finetune", device="cpu")) == "cpu"


def test_a_start_is_a_folder_where_its_average_lies_too(tmp_path):
    """``transfer_from: target`` takes another file of it; released weights are what they are."""
    models = tmp_path / "runs" / "before" / "models"
    assert source_of(run("finetune"), tmp_path) == models
    assert source_of(run("finetune", ()), tmp_path) is None
    assert source_of(run("finetune", (), "w.zip"), tmp_path) == "w.zip"


def test_keys_of_a_start_are_no_keys_of_what_is_there():
    assert settings_of(run("finetune", device="cpu")) == {
        **{"base_channels": 2, "device": "cpu", "seed": 3}
    }


def test_a_picture_that_cannot_be_drawn_costs_a_line_and_not_the_run(tmp_path, monkeypatch, capsys):
    def refuse(*_, **__):
        raise UserError("no scans")

    monkeypatch.setattr(training, "restore_with", refuse)
    for bundle, said in (("pretrain_autoencoder", "no scans"), ("pretrain_jigsaw", "")):
        training.draw_pretext(replace(run("pretrain"), bundle=bundle), tmp_path, tmp_path)
        assert said in capsys.readouterr().out
