"""What is read of a run's folder, and what is no such folder."""

import json
from pathlib import Path

import pytest

from medssl.analysis.bundles import find_bundles, read_config
from medssl.analysis.health.run_folder import (
    METHOD,
    RunRecord,
    bundle_of,
    check_pretrains,
    nest,
    read_run,
)
from medssl.engines.identity import FORMAT, flatten
from medssl.errors import UserError


@pytest.mark.parametrize("loss", ["null", '"1.0"', "[1]"])
def test_a_loss_that_is_no_number_at_all_is_a_damaged_line(run, loss):
    text = (run / "trace.jsonl").read_text().splitlines(keepends=True)
    text[4] = f'{{"iteration": 5, "epoch": 1, "loss": {loss}}}\n'
    (run / "trace.jsonl").write_text("".join(text))
    with pytest.raises(UserError, match=r"trace.jsonl: line 5 is damaged"):
        read_run(run)


def test_what_is_no_folder_of_a_run_is_one_line(run, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, kind in (("empty", "no run in it"), ("run/model.pt", "a file"), ("x", "not there")):
        with pytest.raises(
            UserError, match=rf"{path}: {kind} \(no run.json\); give the output_dir"
        ):
            read_run(tmp_path / path)
    content = json.loads((run / "run.json").read_text())
    for changed in ({"format": FORMAT + 1, "medssl": "0.9.0"}, {"format": None}):
        (run / "run.json").write_text(json.dumps({**content, **changed}))
        with pytest.raises(UserError, match=r"written by medssl 0\..* judge the run with"):
            read_run(run)


def record(leaves=(), metrics=(), evaluation=(), epochs=1):
    """A run of one step."""
    values = dict(leaves), 0, epochs, {1: 1.0}, dict(metrics)
    return RunRecord(Path("run"), *values, evaluation=dict(evaluation))


def test_the_leaves_give_the_configuration_back():
    """Lists of twelve too, whose tenth item comes before the second by name."""
    handlers = [{"_target_": f"Handler{i}", "sizes": [i, i + 1]} for i in range(12)]
    config = {"lr": 0.1, "train": {"handlers": handlers, "trainer": {"amp": True, "loss": None}}}
    assert nest(flatten(config)) == config


def test_the_latest_validation_with_a_metric_counts_else_the_evaluation():
    run = record(metrics={1: {"dice": 0.1, "skill": 0.5}, 2: {"dice": 0.2}}, evaluation={"auc": 9})
    assert (run.latest("dice"), run.latest("skill"), run.latest("auc")) == (0.2, 0.5, 9)
    assert run.latest_with("skill") == {"dice": 0.1, "skill": 0.5}
    assert run.latest("mse") is None


def test_a_run_has_finished_when_it_reached_the_last_epoch_it_is_to_have():
    assert [record({"max_epochs": 3}, epochs=done).finished for done in (2, 3, 4)] == [0, 1, 1]


def test_the_nearest_bundle_of_the_same_pretext_transform_is_taken(tmp_path):
    for name, target, lr in (("a", "Turn", 1), ("b", "Turn", 2), ("c", "Mask", 3)):
        configs = tmp_path / f"pretrain_{name}" / "configs"
        configs.mkdir(parents=True)
        (configs / "metadata.json").write_text("{}")
        config = {"lr": lr, "train": {"preprocessing": {"_target_": target}}}
        (configs / "train.json").write_text(json.dumps(config))
    assert bundle_of(record({METHOD: "Turn", "lr": 2}), tmp_path).name == "pretrain_b"
    assert bundle_of(record({METHOD: "Turn", "lr": 3}), tmp_path).name == "pretrain_a"
    with pytest.raises(UserError, match=rf"run: the run of no pretraining bundle \({METHOD} is"):
        bundle_of(record({METHOD: "Sort", "lr": 1}), tmp_path)


@pytest.mark.parametrize("bundle", find_bundles(), ids=lambda bundle: bundle.name)
def test_runs_of_tasks_and_no_others_are_refused(bundle):
    run = record(flatten(read_config(bundle).config))
    if bundle.name.startswith("pretrain_"):
        check_pretrains(run)
        return
    with pytest.raises(UserError, match=r"run: the run of a task.* evaluate\.json.*convergence"):
        check_pretrains(run)
