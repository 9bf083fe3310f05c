"""What is measured on what trainings have left: of which weights, with which keys."""

import pytest
import torch

from medssl.analysis import Estimate, Probe
from medssl.analysis.cka import Similarity
from medssl.analysis.gradcam import Attention
from medssl.analysis.probe import Score
from medssl.study import measures
from medssl.study import train as training
from medssl.study.blocks import MEASURES
from medssl.study.launch import KINDS

from .test_train import run


def test_everything_that_a_plan_names_can_be_done():
    assert set(KINDS) == {"pretrain", "finetune", *MEASURES}


@pytest.mark.parametrize(("weights", "source"), [(None, "before/models"), ("/w.zip", "/w.zip")])
def test_a_probe_asks_the_weights_that_the_task_would_start_from(
    weights, source, tmp_path, monkeypatch
):
    asked = []

    def probe(source, data, bundle, **more):
        asked.append((str(source), more))
        scores = [Score("pretrained", "linear, C 1", Estimate(0.7, 0.6, 0.8))]
        return Probe(str(source), (9, 4), (3, 2), tuple(scores))

    monkeypatch.setattr(measures, "probe_task", probe)
    monkeypatch.setattr(measures, "voxel_size", lambda folder: [2.0] * 3)
    found = measures.probe(run("probe", () if weights else ("before",), weights), tmp_path)
    assert asked[0][0].endswith(source)
    assert asked[0][1] == {
        "transfer_from": "target",
        "overrides": {"base_channels": 2, "seed": 3, "spacing": [2.0] * 3},
    }
    assert found["metrics"] == {"pretrained, linear": 0.7}
    assert found["probe"]["source"] == ("w.zip" if weights else "before")


def test_statistics_of_the_target_are_judged_in_a_folder_of_their_own(tmp_path, monkeypatch):
    asked = {}

    class Shift:
        distance = 2.0

        def as_dict(self):
            return {"total": 2.0}

    def recollect(config, data, model, output, keys):
        asked["recollect"] = (model, output, keys)
        return Shift()

    def judge(files, keys):
        asked["judge"] = keys
        keys["report_dir"].mkdir()
        (keys["report_dir"] / "metrics.json").write_text('{"dice": 0.5}')

    monkeypatch.setattr(measures, "recollect_model", recollect)
    monkeypatch.setattr(training, "run_here", judge)
    monkeypatch.setattr(training, "read_outcomes", lambda folder, data: [])
    one = run("tbs", ("tuned", "before"))
    (tmp_path / "runs" / one.key).mkdir(parents=True)
    found = measures.tbs(one, tmp_path)
    model, output, keys = asked["recollect"]
    assert model == tmp_path / "runs" / "tuned" / "models" / "model.pt"
    assert keys == {"base_channels": 2, "seed": 3}
    assert asked["judge"]["model"] == output
    assert found["metrics"] == {"dice": 0.5, "distance": 2.0}
    assert found["distances"] == {"total": 2.0}


def test_features_are_compared_from_the_start_to_the_fine_tuned_weights(tmp_path, monkeypatch):
    asked = []

    def compare(first, second, data, bundle, **more):
        asked.append((str(first), str(second), more))
        return Similarity("a", "b", "test", 9, 3, (0.9, 0.4), ((0.9, 0.1), (0.2, 0.4)))

    monkeypatch.setattr(measures, "encoder_cka", compare)
    found = measures.cka(run("cka", ("tuned", "before")), tmp_path)
    first, second, more = asked[0]
    assert first.endswith("before/models")
    assert second.endswith("tuned/models/model.pt")
    assert more["transfer_from"] == "target"
    assert found["metrics"] == {"level 1": 0.9, "level 2": 0.4}
    measures.cka(run("cka", ("tuned",), "w.zip"), tmp_path)
    assert asked[1][0] == "w.zip"


def test_a_picture_shows_where_the_fine_tuned_model_looks(tmp_path, monkeypatch):
    images = torch.rand(2, 1, 9, 9, 9)
    maps = torch.zeros_like(images)
    maps[0, :, 3:6, 3:6, 3:6] = 1
    shown = Attention(("tuned",), "encoder.blocks.3", images, (maps,))
    monkeypatch.setattr(measures, "show_attention", lambda *words, **more: shown)
    one = run("gradcam", ("tuned", "before"))
    found = measures.gradcam(one, tmp_path)
    assert found["metrics"] == {"middle_share": 0.5}
    assert found["gradcam"]["run"] == "tuned"
    assert (tmp_path / "runs" / one.key / "test" / "gradcam.png").is_file()
