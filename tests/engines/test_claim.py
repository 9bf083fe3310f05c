"""One folder, one run: known by content, refused by key, never taken over without a word."""

import json
import shutil

import pytest
import torch
from monai.bundle import ConfigWorkflow

from medssl import __version__
from medssl.engines import claim as claiming
from medssl.engines import start_run
from medssl.errors import one_line
from medssl.weights import save_torch

DATA = [{"id": "a", "voxels_sha256": "0" * 64, "image": "a.b2nd", "label_voxels_sha256": "0" * 64}]


class Probe:
    """Collects what start_run sees when a workflow runs it."""

    def __call__(self, output_dir):
        return start_run(output_dir, 0, DATA, DATA)


def claim(tmp_path, **override):
    config = {"max_epochs": 3, "num_workers": 0, "probe": {"_target_": f"{__name__}.Probe"}}
    config |= {"output_dir": str(tmp_path / "out"), "train": {"lr": 0.1, "steps": [1, 2]}}
    config |= {"pretrained": None, "table": None, "patience": None, "transfer_from": "online"}
    config |= {"classes": [[1]]}
    config |= {"run": ["$@probe(@output_dir)"]}
    (tmp_path / "train.json").write_text(json.dumps(config))
    workflow = ConfigWorkflow(str(tmp_path / "train.json"), logging_file=False, **override)
    workflow.initialize()
    return workflow.run()[0]


def refusal(tmp_path, **override) -> str:
    with pytest.raises(RuntimeError) as caught:
        claim(tmp_path, **override)
    line = one_line(caught.value)
    assert "\n" not in line
    return line


def checkpoint(tmp_path, epochs, length=4, max_epochs=3):
    content = {"iteration": int(epochs * length), "epoch_length": length, "max_epochs": max_epochs}
    save_torch(tmp_path / "out" / "checkpoint.pt", content)


def bundle(folder, value):
    save_torch(folder / "models" / "model.pt", {"encoder.w": torch.full((2,), value)})
    return str(folder)


def test_the_same_run_is_recognised_and_results_do_not_hang_on_workers(tmp_path):
    first = claim(tmp_path)
    assert first["config"]["train::lr"] == 0.1
    assert (first["medssl"], first["format"]) == (__version__, 2)
    assert claim(tmp_path, num_workers=4) == first


def test_a_run_that_goes_on_in_another_precision_says_so(tmp_path, capsys):
    """The device is free, and with it what ``amp: auto`` comes to."""
    assert claim(tmp_path, precision="bf16")["precision"] == ["bf16"]
    checkpoint(tmp_path, 1)
    assert claim(tmp_path, precision="bf16")["precision"] == ["bf16"]
    assert capsys.readouterr().err == ""
    assert claim(tmp_path, precision="off")["precision"] == ["bf16", "off"]
    assert "amp: off on this device, until now this run was in bf16" in capsys.readouterr().err
    kept = json.loads((tmp_path / "out" / "run.json").read_text())
    assert kept["precision"] == ["bf16", "off"]
    assert claim(tmp_path, precision="off")["precision"] == ["bf16", "off"]
    assert capsys.readouterr().err == ""


def test_another_run_in_the_folder_is_refused_by_key(tmp_path):
    claim(tmp_path)
    checkpoint(tmp_path, 1)
    precious = (tmp_path / "out" / "checkpoint.pt").read_bytes()
    line = refusal(tmp_path, **{"train::lr": 1, "table": "x"})
    assert "(different: table, train::lr); choose another" in line
    assert (tmp_path / "out" / "checkpoint.pt").read_bytes() == precious


@pytest.mark.parametrize(
    "change", [{"voxels_sha256": "1"}, {"label_voxels_sha256": "1"}, {"id": "b"}]
)
def test_other_data_or_labels_are_another_run(tmp_path, monkeypatch, change):
    claim(tmp_path)
    checkpoint(tmp_path, 1)
    monkeypatch.setitem(DATA[0], *next(iter(change.items())))
    assert "(different: data:training, data:validation)" in refusal(tmp_path)


def test_weights_are_known_by_content_and_may_be_moved(tmp_path):
    first = claim(tmp_path, pretrained=bundle(tmp_path / "a", 1.0))
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert claim(tmp_path, pretrained=str(tmp_path / "b")) == first
    assert claim(tmp_path, pretrained=str(tmp_path / "b" / "models" / "model.pt")) == first
    checkpoint(tmp_path, 1)
    bundle(tmp_path / "b", 2.0)
    line = refusal(tmp_path, pretrained=str(tmp_path / "b"))
    assert "(different: pretrained (other content))" in line
    assert "(different: pretrained)" in refusal(tmp_path)


def test_tables_are_known_by_content_and_may_be_moved(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.csv").write_text("x,y\n")
    first = claim(tmp_path, table=str(tmp_path / "a" / "t.csv"))
    assert claim(tmp_path, table=str(tmp_path / "b" / "t.csv")) == first
    assert claim(tmp_path, table=f"$'{tmp_path}' + '/b/t.csv'") == first
    checkpoint(tmp_path, 1)
    (tmp_path / "b" / "t.csv").write_text("x,z\n")
    line = refusal(tmp_path, table=str(tmp_path / "b" / "t.csv"))
    assert "(different: table (other content))" in line


def test_what_was_refused_before_its_first_step_leaves_the_folder_free(tmp_path):
    """The hand-over is refused after the claim; the corrected command is no other run's victim."""
    first, folder = claim(tmp_path, table="x"), tmp_path / "out"
    for stale in ("ancestors.json", "crops.json"):
        (folder / stale).write_text("{}")
    (folder / "provenance.json").write_text('{"config_sha256": "of another run", "epoch": 9}')
    second = claim(tmp_path, table="y")
    assert second["hash"] != first["hash"]
    assert json.loads((folder / "run.json").read_text())["config"]["table"] == "y"
    assert sorted(path.name for path in folder.glob("*.json")) == ["provenance.json", "run.json"]


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ("trace.jsonl", '{"iteration": 1, "epoch": 1, "loss": 2.0}\n'),
        ("provenance.json", '{"config_sha256": "RUN", "epoch": 1}'),
    ],
)
def test_what_has_trained_a_step_keeps_the_folder(tmp_path, left, text):
    run = claim(tmp_path, table="x")
    (tmp_path / "out" / left).write_text(text.replace("RUN", run["hash"]))
    assert "(different: table); choose another" in refusal(tmp_path, table="y")


@pytest.mark.parametrize(("held", "blind"), [([], True), ([1], True), ([1, 3], False)])
def test_a_validation_that_shows_no_class_is_refused(tmp_path, monkeypatch, held, blind):
    monkeypatch.setitem(DATA[0], "label_values", held)
    if not blind:
        claim(tmp_path, classes=[[2], [3]])
        return
    line = refusal(tmp_path, classes=[[2], [3]])
    assert "none of its 1 scan(s) shows a class of [[2], [3]]" in line
    assert not (tmp_path / "out" / "run.json").exists()


def test_weights_that_the_run_writes_over_are_no_start(tmp_path):
    bundle(tmp_path / "a", 1.0)
    models = str(tmp_path / "a" / "models")
    line = refusal(tmp_path, pretrained=str(tmp_path / "a"), output_dir=models)
    assert "is what this run writes itself; choose another --output_dir" in line


def test_under_monai_label_each_request_is_a_new_run(tmp_path, monkeypatch):
    claim(tmp_path)
    (tmp_path / "out" / "checkpoint.pt").write_text("old")
    monkeypatch.setitem(claiming.sys.modules, "monailabel", object())
    claim(tmp_path, **{"train::lr": 5})
    assert not (tmp_path / "out" / "checkpoint.pt").exists()


def test_a_checkpoint_without_run_json_is_not_deleted(tmp_path):
    claim(tmp_path)
    checkpoint(tmp_path, 1)
    (tmp_path / "out" / "run.json").unlink()
    assert "checkpoint.pt is there, but no run.json" in refusal(tmp_path)
    assert (tmp_path / "out" / "checkpoint.pt").is_file()


@pytest.mark.parametrize("text", ["", "{", '{"hash": 1', "[]", "{}", "\x00" * 40])
def test_a_damaged_run_json_is_one_line(tmp_path, text):
    claim(tmp_path)
    (tmp_path / "out" / "run.json").write_text(text)
    assert "run.json: damaged" in refusal(tmp_path)
    (tmp_path / "out" / "run.json").write_bytes(b"\xff\xfe\x00")
    assert "run.json: damaged" in refusal(tmp_path)


def test_runs_of_other_versions_are_refused_by_their_version(tmp_path):
    run = claim(tmp_path)
    path = tmp_path / "out" / "run.json"
    path.write_text(json.dumps({**run, "format": 3, "medssl": "9.9"}))
    assert "run.json: written by medssl 9.9" in refusal(tmp_path)
    del run["format"], run["medssl"], run["contents"]
    path.write_text(json.dumps(run))
    assert "run.json: written by medssl 0.1.0 or older" in refusal(tmp_path)


def test_a_checkpoint_that_was_taken_away_is_missed(tmp_path):
    run = claim(tmp_path)
    path, provenance = tmp_path / "out" / "provenance.json", {"config_sha256": run["hash"]}
    path.write_text(json.dumps({**provenance, "epoch": 1}))
    claim(tmp_path)  # killed before the second epoch began, which writes the first checkpoint
    path.write_text(json.dumps({"config_sha256": "of a bundle from elsewhere", "epoch": 9}))
    claim(tmp_path)
    path.write_text(json.dumps({**provenance, "epoch": 2}))
    assert "has trained 2 epochs, but its checkpoint.pt is gone" in refusal(tmp_path)


def test_a_torn_trace_is_mended_and_stale_files_go(tmp_path):
    claim(tmp_path)
    trace, stale = tmp_path / "out" / "trace.jsonl", tmp_path / "out" / ".model.pt.4194305.tmp"
    stale.write_text("half")
    line = '{"iteration": 1, "epoch": 1, "loss": 2.0}\n'
    trace.write_text(line + '{"iteration": 2, "ep')
    claim(tmp_path)
    assert trace.read_text() == line
    assert not stale.exists()
    trace.write_text("nonsense\n" + line)
    assert "trace.jsonl: line 1 is damaged; put the file back" in refusal(tmp_path)


def test_more_epochs_extend_a_run_and_are_noted(tmp_path):
    first = claim(tmp_path)
    assert "extensions" not in claim(tmp_path, max_epochs=4)  # nothing was trained yet
    checkpoint(tmp_path, 3)
    longer = claim(tmp_path, max_epochs=6, patience=2)
    (noted,) = longer["extensions"]
    assert (noted["from_epoch"], noted["max_epochs"], noted["patience"]) == (3, [4, 6], [None, 2])
    assert longer["hash"] == first["hash"]
    assert longer["config"]["max_epochs"] == longer["max_epochs"] == 6
    assert claim(tmp_path, max_epochs=6, patience=2) == longer
    again = claim(tmp_path, max_epochs=5, patience=2)["extensions"]
    assert [entry["max_epochs"] for entry in again] == [[4, 6], [6, 5]]


def test_fewer_epochs_than_done_are_refused(tmp_path):
    claim(tmp_path)
    checkpoint(tmp_path, 2.5)
    line = refusal(tmp_path, max_epochs=2)
    assert line.startswith("max_epochs: 2, but this run has trained 2.5 epochs already")
    assert claim(tmp_path)["max_epochs"] == 3
