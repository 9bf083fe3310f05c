"""Misspelt keys, one-line errors, and one folder for one run."""

import json
import logging

import pytest
from monai.bundle import ConfigWorkflow

from medssl.engines import guard, identity
from medssl.engines.guard import unknown_overrides
from medssl.errors import UserError, one_line


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "train.json"
    component = {"_target_": "Trainer", "key": "@max_epochs", "items": [{"a": 1}]}
    train = {"x": 1, "trainer": component}
    path.write_text(json.dumps({"max_epochs": 3, "train": train, "run": []}))
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [
        (["--max_epochs", "5"], []),
        (["--max_epochs=5", "--train#x", "2", "--train::x=3"], []),
        (["--tracking", "mlflow", "--run_id", "run", "--logging_file", "False"], []),
        (["--max_epoch", "5"], ["--max_epoch (did you mean --max_epochs?)"]),
        (["--zzz#x=5"], ["--zzz#x"]),
        (["--train#trainer#amp", "True", "--train#trainer#items#0#a=2"], []),
        (["--train#trainer#key#inside", "1"], []),
        (["--train#y=1"], ["--train#y"]),
        (["--train#x#y=1"], ["--train#x#y"]),
        (["--train#trainer#items#1#a=2"], ["--train#trainer#items#1#a"]),
        (["--train#trainers#amp=True"], ["--train#trainers#amp"]),
    ],
)
def test_unknown_overrides_are_found(config, arguments, unknown):
    assert unknown_overrides(["run", "--config_file", config, *arguments]) == unknown


def test_overlays_and_args_file_count_as_config(config, tmp_path):
    overlay, args = tmp_path / "paper.json", tmp_path / "args.json"
    overlay.write_text(json.dumps({"extra": 1, "+initialize": []}))
    files = f"['{config}','{overlay}']"
    assert unknown_overrides(["run", "--config_file", files, "--extra", "2"]) == []
    args.write_text(json.dumps({"config_file": [config, str(overlay)], "extras": 1}))
    assert unknown_overrides(["run", "--args_file", str(args)]) == [
        "--extras (did you mean --extra?)"
    ]


def test_the_guard_is_silent_outside_the_bundle_command(monkeypatch):
    monkeypatch.setattr("sys.argv", ["pytest", "--nonsense", "1"])
    guard.guard_command_line()


def test_the_guard_stops_the_bundle_command(monkeypatch, config):
    arguments = ["/lib/monai/bundle/__main__.py", "run", "--config_file", config, "--epoch", "1"]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr(guard, "_NoTracebacks", lambda: logging.Filter())
    with pytest.raises(SystemExit, match="no such key in the config: --epoch"):
        guard.guard_command_line()


def nested(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError("Failed to instantiate\nmany lines") from cause
    except RuntimeError as outer:
        return outer


def test_the_message_is_the_users_or_the_root_cause():
    assert one_line(nested(UserError("window: wrong"))) == "window: wrong"
    assert one_line(nested(KeyError("image"))) == "KeyError: 'image'"
    worker = RuntimeError("Caught UserError in worker 0.\nmedssl.errors.UserError: x.nii: bad\n")
    assert one_line(worker) == "x.nii: bad"


DATA = [{"id": "a", "voxels_sha256": "0" * 64, "image": "a.b2nd", "label_voxels_sha256": "0" * 64}]


class Probe:
    """Collects what start_run sees when a workflow runs it."""

    def __call__(self, output_dir):
        return identity.start_run(output_dir, 0, DATA, DATA)


def claim(tmp_path, **override):
    config = {"max_epochs": 3, "num_workers": 0, "probe": {"_target_": f"{__name__}.Probe"}}
    config |= {"output_dir": str(tmp_path / "out"), "train": {"lr": 0.1, "steps": [1, 2]}}
    config |= {"run": ["$@probe(@output_dir)"]}
    (tmp_path / "train.json").write_text(json.dumps(config))
    workflow = ConfigWorkflow(str(tmp_path / "train.json"), logging_file=False, **override)
    workflow.initialize()
    return workflow.run()[0]


def test_the_same_run_is_recognised_and_results_do_not_hang_on_workers(tmp_path):
    first = claim(tmp_path)
    assert first["config"]["train::lr"] == 0.1
    assert claim(tmp_path, num_workers=4) == first


def test_another_run_in_the_folder_is_refused_by_key(tmp_path):
    claim(tmp_path)
    (tmp_path / "out" / "checkpoint.pt").write_text("precious")
    with pytest.raises(RuntimeError) as caught:
        claim(tmp_path, max_epochs=5, **{"train::lr": 1})
    assert "(different: max_epochs, train::lr); choose another" in one_line(caught.value)
    assert (tmp_path / "out" / "checkpoint.pt").read_text() == "precious"


@pytest.mark.parametrize(
    "change", [{"voxels_sha256": "1"}, {"label_voxels_sha256": "1"}, {"id": "b"}]
)
def test_other_data_or_labels_are_another_run(tmp_path, monkeypatch, change):
    claim(tmp_path)
    monkeypatch.setitem(DATA[0], *next(iter(change.items())))
    with pytest.raises(RuntimeError) as caught:
        claim(tmp_path)
    assert "(different: data:training, data:validation)" in one_line(caught.value)


def test_under_monai_label_each_request_is_a_new_run(tmp_path, monkeypatch):
    claim(tmp_path)
    (tmp_path / "out" / "checkpoint.pt").write_text("old")
    monkeypatch.setitem(identity.sys.modules, "monailabel", object())
    claim(tmp_path, max_epochs=5)
    assert not (tmp_path / "out" / "checkpoint.pt").exists()


def test_tracking_does_not_make_another_run():
    plain = {"train": {"handlers": [{"_target_": "StatsHandler"}]}}
    tracked = {"train": {"handlers": [{"_target_": "StatsHandler"}, {"_target_": "MLFlowHandler"}]}}
    assert identity.flatten(plain) == identity.flatten(tracked)
