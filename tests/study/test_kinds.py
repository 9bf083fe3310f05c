"""What is done for each kind of run, and with which keys."""

import json

import pytest

from medssl.analysis import Estimate, Probe
from medssl.analysis.outcomes import Outcome
from medssl.analysis.probe import Score
from medssl.study import kinds
from medssl.study.kinds import KINDS, device_name, evaluate
from medssl.study.plan import MEASURES
from medssl.study.runs import Run

CONFIG = "/bundles/lung_nodule_ct_segmentation/configs/train.json"
KEYS = {"base_channels": 2, "transfer_parts": ["encoder"], "transfer_from": "target"}


def run(kind, upstream=("before",), weights=None, **free):
    what = (kind, "ncs", "byol", "bundle", (CONFIG,), dict(KEYS), free, 3, upstream)
    return Run(*what, weights=weights, data="data", content={})


def test_everything_that_a_plan_names_can_be_done():
    assert set(KINDS) == {"pretrain", "finetune", *MEASURES}


def test_an_evaluation_reports_beside_the_weights(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(kinds, "run_here", lambda files, keys: asked.append((files, keys)))
    rows = [Outcome("a_1", "a", "class0", "dice", 0.5)]
    monkeypatch.setattr(kinds, "read_outcomes", lambda folder, data: rows)
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
        (models / "metrics.json").write_text(json.dumps({"mse": 1.0}))

    monkeypatch.setattr(kinds, "run_here", judge)
    evaluate(run("pretrain"), {"output_dir": models}, tmp_path / "test")
    assert json.loads((tmp_path / "test" / "metrics.json").read_text()) == {"mse": 1.0}


@pytest.mark.parametrize(
    ("weights", "source"), [(None, "before/models/model.pt"), ("w.zip", "w.zip")]
)
def test_a_probe_asks_the_weights_that_the_task_would_start_from(
    weights, source, tmp_path, monkeypatch
):
    asked = []

    def probe(source, data, bundle, **more):
        asked.append((str(source), more))
        scores = [Score("pretrained", "linear, C 1", Estimate(0.7, 0.6, 0.8))]
        return Probe(str(source), (9, 4), (3, 2), tuple(scores))

    monkeypatch.setattr(kinds, "probe_task", probe)
    found = KINDS["probe"](run("probe", () if weights else ("before",), weights), tmp_path)
    assert asked[0][0].endswith(source)
    assert asked[0][1] == {
        "transfer_from": "target",
        "overrides": {"base_channels": 2, "seed": 3},
    }
    assert found["metrics"] == {"pretrained, linear": 0.7}
    assert found["probe"]["source"] == (weights or "before")


def test_statistics_of_the_target_are_judged_in_a_folder_of_their_own(tmp_path, monkeypatch):
    asked = {}

    class Shift:
        def as_dict(self):
            return {"total": 2.0}

    def recollect(config, data, model, output, keys):
        asked["recollect"] = (model, output, keys)
        return Shift()

    def judge(files, keys):
        asked["judge"] = keys
        keys["report_dir"].mkdir()
        (keys["report_dir"] / "metrics.json").write_text('{"dice": 0.5}')

    monkeypatch.setattr(kinds, "recollect_model", recollect)
    monkeypatch.setattr(kinds, "run_here", judge)
    monkeypatch.setattr(kinds, "read_outcomes", lambda folder, data: [])
    one = run("tbs", ("tuned", "before"))
    (tmp_path / "runs" / one.key).mkdir(parents=True)
    found = KINDS["tbs"](one, tmp_path)
    model, output, keys = asked["recollect"]
    assert model == tmp_path / "runs" / "tuned" / "models" / "model.pt"
    assert keys == {"base_channels": 2, "seed": 3}
    assert asked["judge"]["model"] == output
    assert found == {"metrics": {"dice": 0.5}, "distances": {"total": 2.0}}


def test_the_device_is_the_one_asked_for():
    assert device_name(run("finetune", device="cpu")) == "cpu"
