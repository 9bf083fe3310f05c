"""What was done to a run's folder is said, in the words of ``evaluate``."""

import math
import re
import shutil

import pytest
import torch

from medssl.analysis.convergence import compare_convergence
from medssl.analysis.health.damage import file_damage, least_progress
from medssl.analysis.health.run_folder import read_run
from medssl.engines import LoadModel
from medssl.engines.load_network import LoadTrainingNetwork
from medssl.engines.trace import read_trace
from medssl.errors import UserError, one_line
from medssl.networks import UNet3D
from medssl.weights import load_torch, save_torch
from tests.engines.test_checkpoint import build

from .conftest import STEPS, claim, train


def evaluated(folder):
    """What an evaluation of ``model.pt`` says; None where it takes it."""
    try:
        LoadModel(folder / "model.pt", UNet3D(base_channels=2, activation="sigmoid"))()
    except UserError as error:
        return str(error)
    return None


def test_a_whole_run_has_no_damage(run):
    record = read_run(run)
    assert record.damage == ()
    assert record.steps == STEPS
    assert evaluated(run) is None


@pytest.mark.parametrize("left", [0, 1, 8, 19])
@pytest.mark.parametrize("witness", ["checkpoint.pt", "provenance.json"])
def test_a_trace_cut_short_is_told_by_either_witness(run, left, witness):
    other = {"checkpoint.pt": "provenance.json", "provenance.json": "checkpoint.pt"}[witness]
    (run / other).unlink()
    lines = (run / "trace.jsonl").read_text().splitlines(keepends=True)
    steps = [line for line in lines if "iteration" in line]
    (run / "trace.jsonl").write_text("".join(steps[:left]))
    expected = f"trace.jsonl ends at step {left} of {STEPS}: cut or removed"
    if left:
        assert expected in read_run(run).damage[0]
        return
    for gone in (False, True):
        if gone:
            (run / "trace.jsonl").unlink()
        with pytest.raises(UserError, match=expected):
            read_run(run)


def test_lines_taken_from_the_middle_are_told(run):
    lines = (run / "trace.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not any(f'"iteration": {n},' in line for n in (7, 8, 9))]
    (run / "trace.jsonl").write_text("".join(kept))
    assert "lacks 3 of 20 steps, from step 7 on" in read_run(run).damage[0]


def test_the_trace_of_another_run_is_told_where_a_checkpoint_knows_its_own(run):
    """One of equal length."""
    trace = run / "trace.jsonl"
    trace.write_text(trace.read_text().replace('"loss": 0.', '"loss": 7.'))
    assert min(read_trace(trace).values()) > 7
    (line,) = read_run(run).damage
    assert line.startswith(f"{trace}: of another run, or changed")
    assert one_line(UserError(line)) == line
    with pytest.raises(UserError, match=f"^{re.escape(line)}$"):
        compare_convergence([run], "mse")
    content = load_torch(run / "checkpoint.pt")
    del content["trace"]
    save_torch(run / "checkpoint.pt", content)
    assert read_run(run).damage == ()
    assert compare_convergence([run], "mse")


def test_the_checkpoint_of_another_run_is_refused_everywhere(run, tmp_path):
    other = train(tmp_path / "other", "two")
    shutil.copyfile(other / "checkpoint.pt", run / "checkpoint.pt")
    line = "checkpoint.pt: not the checkpoint of the run that run.json and provenance.json"
    network = UNet3D(base_channels=2, activation="sigmoid")
    for act in (
        lambda: least_progress(run),
        lambda: build(run).run(),
        lambda: LoadTrainingNetwork(run, network)(),
    ):
        with pytest.raises(Exception, match=line):
            act()
    (run / "run.json").unlink()  # copied to where only the provenance went along
    with pytest.raises(UserError, match=line):
        LoadTrainingNetwork(run, network)()


def gone(run, _):
    (run / "model.pt").unlink()
    return "model.pt: gone, though provenance.json beside it describes it; put back"


def replaced(run, other):
    shutil.copyfile(other / "model.pt", run / "model.pt")
    return "model.pt: not the weights that provenance.json beside it describes; put back"


def older(run, other):
    """The weights and the record of this very run, from a backup of its second epoch."""
    for name in ("model.pt", "provenance.json"):
        shutil.copyfile(other / name, run / name)
    return "model.pt: of epoch 2, but checkpoint.pt beside it has done 4: an older copy"


def recordless(run, _):
    (run / "provenance.json").unlink()
    return "provenance.json: gone, though run.json beside it says that a run wrote model.pt"


@pytest.mark.parametrize("harm", [gone, replaced, older, recordless])
def test_doctor_and_evaluate_say_the_same_of_weights(harm, run, tmp_path):
    expected = harm(run, train(tmp_path / "other", epochs=2, seed=1))
    assert evaluated(run).startswith(f"{run}/{expected}")
    assert read_run(run).damage == (evaluated(run),)
    assert len(one_line(UserError(evaluated(run))).splitlines()) == 1


def test_weights_and_record_both_taken_from_a_finished_run(run):
    for name in ("model.pt", "provenance.json"):
        (run / name).unlink()
    assert "though run.json beside it is of a finished run" in file_damage(run, True)[0]
    assert file_damage(run, False) == []


@pytest.mark.parametrize("broken_at", [1, 7])
def test_a_run_that_died_of_nan_names_step_and_scans(tmp_path, broken_at):
    trainer = build(claim(tmp_path / "run"))
    step = trainer._process_function

    def break_it(engine, batch):
        batch["case"] = ["scan_a", "scan_b"]
        output = step(engine, batch)
        if engine.state.iteration == broken_at:
            output["loss"] = torch.tensor(math.nan)
        return output

    trainer._process_function = break_it
    with pytest.raises(UserError, match="loss: nan"):
        trainer.run()
    expected = rf"stopped at step {broken_at} \(epoch \d\) by an error: loss: nan .*scan_a, scan_b"
    if broken_at == 1:
        with pytest.raises(UserError, match=expected):
            read_run(tmp_path / "run")
        return
    assert list(read_trace(tmp_path / "run" / "trace.jsonl")) == list(range(1, broken_at))
    (line,) = read_run(tmp_path / "run").damage
    assert re.search(expected, line)


def test_a_damaged_note_of_the_end_is_said(run):
    (run / "stopped.json").write_text("{")
    assert "stopped.json, which says by which, is damaged" in read_run(run).damage[0]
