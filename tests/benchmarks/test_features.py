"""Finished runs are asked, the same weights once."""

import json
import sys

import features
from features import finished

from .features_samples import run


def make_run(folder, sha):
    folder.mkdir(parents=True)
    (folder / "model.pt").write_bytes(b"")
    (folder / "provenance.json").write_text(json.dumps({"sha256": {"model.pt": sha}}))
    (folder / "learning.json").write_text("{}")


def test_only_finished_runs_are_asked(tmp_path):
    make_run(tmp_path / "pretrain_rotation_0", "a")
    make_run(tmp_path / "pretrain_rotation_1", "b")
    (tmp_path / "pretrain_rotation_1" / "learning.json").unlink()
    found = list(finished(tmp_path, ["rotation", "byol"], [0, 1]))
    assert found == [("pretrain_rotation", tmp_path / "pretrain_rotation_0")]


def test_the_same_weights_are_asked_once_and_new_ones_replace_them(tmp_path, monkeypatch):
    work, output, asked = tmp_path / "work", tmp_path / "features.json", []
    make_run(work / "pretrain_rotation_0", "a")
    make_run(work / "pretrain_rotation_1", "b")

    def ask(_, folder):
        asked.append(folder.name)
        sha = json.loads((folder / "provenance.json").read_text())["sha256"]["model.pt"]
        return run(int(folder.name[-1]), 0.1, weights=sha)

    def ask_together(_, folders):
        asked.append("+".join(folder.name[-1] for folder in folders))
        weights = [features.weights_of(folder) for folder in folders]
        return {"weights": weights, "answers": run(0, 0.1)["answers"]}

    monkeypatch.setattr(features.Asking, "ask", ask)
    monkeypatch.setattr(features.Asking, "ask_together", ask_together)
    options = ["--data", tmp_path, "--work", work, "--output", output]
    monkeypatch.setattr(sys, "argv", ["features.py", *map(str, options)])
    monkeypatch.setattr(features.logging, "disable", lambda level: None)  # for all tests to come
    features.main()
    features.main()
    assert asked == ["pretrain_rotation_0", "pretrain_rotation_1", "0+1"]
    (work / "pretrain_rotation_1" / "provenance.json").write_text(
        json.dumps({"sha256": {"model.pt": "c"}})
    )
    features.main()
    assert asked[3:] == ["pretrain_rotation_1", "0+1"]
    written = json.loads(output.read_text())
    assert [each["weights"] for each in written["runs"]["pretrain_rotation"]] == ["a", "c"]
    assert written["together"]["pretrain_rotation"]["weights"] == ["a", "c"]
