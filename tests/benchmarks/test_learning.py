"""CPU minutes are counted over all starts; finished runs of other scans do not count."""

import json
from types import SimpleNamespace

import pytest

import learning
from learning import RESULT, cpu_minutes, learn, scans_of
from recipe import recipe


@pytest.fixture
def worked(monkeypatch):
    """CPU seconds of this process, as a test says."""
    worked = SimpleNamespace(seconds=7.0)
    clock = SimpleNamespace(process_time=lambda: worked.seconds)
    monkeypatch.setattr(learning, "time", clock)
    return worked


def test_minutes_of_a_stopped_training_are_kept(tmp_path, worked):
    def work(stop):
        worked.seconds += 30
        if stop:
            raise KeyboardInterrupt

    file = tmp_path / "run" / "minutes.json"
    counted = cpu_minutes(file)(work)
    with pytest.raises(KeyboardInterrupt):
        counted(stop=True)
    assert json.loads(file.read_text()) == 0.5
    cpu_minutes(file)(work)(stop=False)
    assert json.loads(file.read_text()) == 1


def test_minutes_are_noted_while_a_training_runs(tmp_path, monkeypatch, worked):
    monkeypatch.setattr(learning, "COUNTED_EVERY", 0.01)
    file = tmp_path / "minutes.json"
    file.write_text("1.0", encoding="utf-8")
    with cpu_minutes(file):
        worked.seconds += 30
        while json.loads(file.read_text(encoding="utf-8")) == 1:  # as a kill now would leave it
            pass
    assert json.loads(file.read_text(encoding="utf-8")) == 1.5


@pytest.fixture
def data(tmp_path):
    scans = [{"scan_sha256": f"{k}", "split": "training", "id": f"scan {k}"} for k in range(3)]
    (tmp_path / "manifest.json").write_text(json.dumps({"scans": scans}))
    return tmp_path


def test_a_finished_run_counts_for_its_scans_and_settings_alone(data, tmp_path):
    bundle, output = "pretrain_rotation", tmp_path / "run"
    output.mkdir()
    found = {"seed": 0, "recipe": recipe(bundle), "scans": scans_of(data)}
    (output / RESULT).write_text(json.dumps(found))
    assert learn(bundle, data, output, 0) == found
    for key in ("recipe", "scans"):
        (output / RESULT).write_text(json.dumps({**found, key: "another"}))
        with pytest.raises(SystemExit, match="trained by other settings or scans: remove it"):
            learn(bundle, data, output, 0)


def test_a_finished_run_may_be_judged_anew_without_training(data, tmp_path, monkeypatch):
    bundle, output = "pretrain_rotation", tmp_path / "run"
    output.mkdir()
    found = {"recipe": recipe(bundle), "scans": scans_of(data), "held_out": {"skill": 0.1}}
    (output / RESULT).write_text(json.dumps(found), encoding="utf-8")

    def judge(name, configs, **given):
        assert (name, configs) == (bundle, ["train", "small", "evaluate"])
        (given["output_dir"] / "metrics.json").write_text('{"skill": 0.2}', encoding="utf-8")

    monkeypatch.setattr(learning, "run_bundle", judge)
    assert learn(bundle, data, output, 0, anew=True)["held_out"] == {"skill": 0.2}
    assert learn(bundle, data, output, 0)["held_out"] == {"skill": 0.2}
