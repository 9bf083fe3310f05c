"""Stop by a signal, extend, warm-start, two at once: what a user does with a run's folder."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from medssl.analysis.health.run_folder import read_run
from medssl.engines import read_metrics, read_trace
from medssl.engines.provenance import validated
from medssl.errors import one_line
from medssl.files import sha256_of
from medssl.weights import load_torch

from ..warm import Warm
from .conftest import CLASSIFICATION, TASKS, command, tiny

ROTATION, GENESIS, BYOL, PCRL = (
    f"pretrain_{name}" for name in ("rotation", "models_genesis", "byol", "pcrl")
)
LONG = {**tiny(ROTATION), "max_epochs": 500, "num_workers": 2}


def wait_for_lines(process, folder, lines=3):
    """Return once the trace of a run has so many lines."""
    trace, deadline = folder / "trace.jsonl", time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if trace.exists() and trace.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    raise AssertionError(process.communicate()[1])


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_second_run_is_refused_and_a_signal_leaves_a_checkpoint(
    tmp_path, data_of, shell, whole_group, own_signals
):
    """One of the two in a new interpreter, whose signals are its own."""
    out = tmp_path / "out"
    words = command(ROTATION, ["train"], data_of(ROTATION), output_dir=str(out), **LONG)
    if whole_group:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        process = subprocess.Popen(words, **streams, process_group=0)
    else:
        process = Warm(words, tmp_path)
    wait_for_lines(process, out)
    if not whole_group:
        second = shell(words)
        assert second.returncode == 1
        assert f"{out} is being written by process {process.pid} on " in second.stderr
        assert len(second.stderr.strip().splitlines()) == 2  # what it read, and why it stopped
    number = signal.SIGINT if whole_group else signal.SIGTERM
    if whole_group:  # as Ctrl-C and batch systems do, the loader's workers included
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number, errors
    assert "Traceback" not in errors
    done = load_torch(out / "checkpoint.pt")["iteration"]
    assert f"stopped at iteration {done} ({signal.Signals(number).name})" in output
    assert max(read_trace(out / "trace.jsonl")) == done
    assert "resuming from iteration" not in output + errors


def test_the_same_data_and_weights_elsewhere_are_the_same_run(tmp_path, data_of, run_bundle):
    settings = {**tiny(ROTATION), "output_dir": str(tmp_path / "source")}
    run_bundle(ROTATION, ["train"], **settings)
    task = {**tiny(TASKS[0]), "output_dir": str(tmp_path / "task")}
    run_bundle(TASKS[0], ["train"], pretrained=str(tmp_path / "source"), **task)
    run = json.loads((tmp_path / "task" / "run.json").read_text())
    shutil.copytree(data_of(TASKS[0]), tmp_path / "moved data")
    shutil.move(tmp_path / "source", tmp_path / "moved")
    again = {"data": tmp_path / "moved data", "pretrained": str(tmp_path / "moved" / "model.pt")}
    run_bundle(TASKS[0], ["train"], **again, **task)
    assert json.loads((tmp_path / "task" / "run.json").read_text()) == run


def test_the_best_weights_are_kept_when_a_pretraining_goes_on(tmp_path, run_bundle):
    """A rate that undoes what was learnt: the last epoch is not the best."""
    spoilt = {**tiny(GENESIS), "keep": "best", "learning_rate": 3.0, "output_dir": str(tmp_path)}
    for epochs in (2, 4):
        run_bundle(GENESIS, ["train"], **{**spoilt, "max_epochs": epochs})
    noted = json.loads((tmp_path / "provenance.json").read_text())
    found = read_metrics(tmp_path / "trace.jsonl")
    errors = {epoch: metrics["mse"] for epoch, metrics in found.items()}
    assert sorted(errors) == [1, 2, 3, 4]
    assert noted["kept"] == "best"
    assert noted["epoch"] == min(errors, key=errors.__getitem__) < 4
    assert validated(noted) == (noted["epoch"], found[noted["epoch"]])


@pytest.mark.parametrize(
    ("source", "target"), [(GENESIS, PCRL), (ROTATION, BYOL), (BYOL, GENESIS), (PCRL, ROTATION)]
)
def test_a_pretraining_starts_from_another(source, target, tmp_path, run_bundle):
    run_bundle(source, ["train"], output_dir=str(tmp_path / "source"), **tiny(source))
    settings = {**tiny(target), "learning_rate": 0.0, "output_dir": str(tmp_path / "target")}
    del settings["base_channels"]  # that of the source, not 32
    run_bundle(target, ["train"], pretrained=str(tmp_path / "source"), **settings)
    ours = load_torch(tmp_path / "target" / "checkpoint.pt")["state"]["network"]
    theirs = load_torch(tmp_path / "source" / "model.pt")
    both = {source, target} == {GENESIS, PCRL}
    parts = ("encoder.", "decoder.") if both else ("encoder.",)
    names = [n for n in theirs if n.startswith(parts) and n.endswith((".weight", ".bias"))]
    assert names
    assert all(ours[name].equal(theirs[name]) for name in names)
    if f"target.{names[0]}" in ours:  # the moving average starts from the weights, too
        assert all(ours[f"target.{n}"].allclose(theirs[n]) for n in names if n[:3] == "enc")
    provenance = json.loads((tmp_path / "target" / "provenance.json").read_text())
    (ancestor,) = provenance["ancestors"]
    assert provenance["network"]["base_channels"] == 2
    hashes = json.loads((tmp_path / "source" / "provenance.json").read_text())["sha256"]
    assert ancestor["sha256"] == hashes["model.pt"] == provenance["run"]["contents"]["pretrained"]


@pytest.mark.parametrize("bundle", [GENESIS, *TASKS])
def test_the_width_of_the_weights_need_not_be_typed(bundle, tmp_path, run_bundle):
    """Whoever types it is the same run; whoever types another is told both."""
    run_bundle(ROTATION, ["train"], output_dir=str(tmp_path / "source"), **tiny(ROTATION))
    settings = {**tiny(bundle), "pretrained": str(tmp_path / "source")}
    settings |= {"output_dir": str(tmp_path / "run")}
    width = settings.pop("base_channels")
    with pytest.raises(RuntimeError, match="start_run") as caught:
        run_bundle(bundle, ["train"], base_channels=4, **settings)
    assert one_line(caught.value).startswith("base_channels: 4, the pretrained weights have 2;")
    run_bundle(bundle, ["train"], **settings)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["network"]["base_channels"] == run["config"]["base_channels"] == width
    run_bundle(bundle, ["train"], base_channels=width, **settings)


@pytest.mark.parametrize("bundle", [ROTATION, TASKS[0]])
def test_an_extended_run_equals_a_longer_one(bundle, tmp_path, run_bundle):
    for name, epochs in (("longer", 1), ("longer", 3), ("whole", 3)):
        settings = {**tiny(bundle), "max_epochs": epochs, "output_dir": str(tmp_path / name)}
        run_bundle(bundle, ["train"], **settings)
    longer, whole = (tmp_path / name for name in ("longer", "whole"))
    assert read_trace(longer / "trace.jsonl") == read_trace(whole / "trace.jsonl")
    ours, theirs = (load_torch(folder / "checkpoint.pt") for folder in (longer, whole))
    ours, theirs = ours["state"]["network"], theirs["state"]["network"]
    assert all(ours[name].equal(theirs[name]) for name in ours)
    run = json.loads((longer / "run.json").read_text())
    assert [(e["from_epoch"], e["max_epochs"]) for e in run["extensions"]] == [(1, [1, 3])]
    provenance = json.loads((longer / "provenance.json").read_text())
    if bundle == ROTATION:  # a task's best epoch may be the first
        assert provenance["extensions"] == run["extensions"]
    traced = read_metrics(longer / "trace.jsonl")
    assert list(traced) == [1, 2, 3]
    epoch, figures = validated(provenance)
    assert (epoch, figures) == (provenance["epoch"], traced[epoch])
    assert provenance["iteration"] == epoch * max(read_trace(longer / "trace.jsonl")) / 3


@pytest.mark.parametrize("bundle", [ROTATION, BYOL])
def test_figures_of_weights_that_went_on_are_not_the_runs(bundle, tmp_path, run_bundle, capsys):
    """BYOL's are judged by the checkpoint; what is finished and started again has changed none."""
    settings = {**tiny(bundle), "output_dir": str(tmp_path)}
    for configs in (["train"], ["train", "evaluate"], ["train"]):
        run_bundle(bundle, configs, **settings)
    noted = json.loads((tmp_path / "metrics.json").read_text())["weights"]
    assert noted["file"] == ("model.pt" if bundle == ROTATION else "checkpoint.pt")
    assert noted["sha256"] == sha256_of(tmp_path / noted["file"])
    assert "skill" in read_run(tmp_path).evaluation
    assert "weights" not in read_run(tmp_path).evaluation
    assert "metrics.json" not in capsys.readouterr().err
    run_bundle(bundle, ["train"], **{**settings, "max_epochs": 2})
    assert read_run(tmp_path).evaluation == {}
    assert f"{noted['file']} as it is now, but of other weights" in capsys.readouterr().err


def test_another_table_of_candidates_is_another_run(tmp_path, data_of, run_bundle):
    data = shutil.copytree(data_of(CLASSIFICATION), tmp_path / "data")
    settings = {**tiny(CLASSIFICATION), "output_dir": str(tmp_path / "out"), "data": data}
    run_bundle(CLASSIFICATION, ["train"], **settings)
    rows = (data / "candidates.csv").read_text().splitlines(keepends=True)
    (data / "candidates.csv").write_text("".join(rows[:-1]))
    with pytest.raises(RuntimeError) as caught:
        run_bundle(CLASSIFICATION, ["train"], **settings)
    assert "(different: candidates (other content))" in one_line(caught.value)
