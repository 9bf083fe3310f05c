"""One run: alone in its folder, gone on with after a kill, its result written last."""

import json
import shutil
from dataclasses import replace

import pytest

from medssl.engines import Checkpoint
from medssl.engines.interrupt import is_stopped_after_steps
from medssl.errors import InfeasibleError, UserError
from medssl.files import sha256_of
from medssl.store import lock
from medssl.study import launch as launching
from medssl.study.doubts import doubts
from medssl.study.keep import PICTURE
from medssl.study.launch import launch
from medssl.study.result import INFEASIBLE, RESULT, write_result
from medssl.study.store import collect
from medssl.study.train import RESTORED

from ..helpers import Killed


def first(plan, kind="pretrain"):
    return next(key for key, run in plan.runs.items() if run.kind == kind)


def test_a_signal_ends_a_run_after_its_step(tiny, monkeypatch):
    """Whoever does it: a command, the warm server, the engine."""
    _, plan, study = tiny
    kind, found = plan.runs[first(plan)].kind, []

    def train(run, study):
        found.append(is_stopped_after_steps())
        return {"metrics": {}}

    monkeypatch.setitem(launching.KINDS, kind, train)
    launch(study, first(plan))
    assert found == [True]
    assert not is_stopped_after_steps()


def test_a_result_knows_the_table_of_cases_that_its_run_has_left(tiny, monkeypatch):
    _, plan, study = tiny
    key = first(plan)
    table = study / "runs" / key / "test" / "outcomes.csv"

    def train(run, study):
        table.parent.mkdir()
        table.write_text("case,patient,label,metric,value\na,a,all,dice,0.5\n")
        return {"metrics": {"dice": 0.5}}

    monkeypatch.setitem(launching.KINDS, plan.runs[key].kind, train)
    assert json.loads(launch(study, key).read_text())["outcomes_sha256"] == sha256_of(table)
    assert doubts(study) == []
    table.write_text("case,patient,label,metric,value\na,a,all,dice,0.9\n")
    assert len(doubts(study)) == 1


def test_a_killed_run_goes_on_and_ends_as_one_that_was_left_alone(tiny, tmp_path, monkeypatch):
    _, plan, study = tiny
    key = first(plan)
    save, steps = Checkpoint.save, []

    def die(self, engine):
        save(self, engine)
        steps.append(engine.state.iteration)
        if len(steps) == 3:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "save", die)
        with pytest.raises(RuntimeError):
            launch(study, key)
    folder = study / "runs" / key
    assert not (folder / RESULT).exists()
    monkeypatch.setattr(
        Checkpoint,
        "save",
        lambda self, engine: (steps.append(engine.state.iteration), save(self, engine)),
    )
    result = json.loads(launch(study, key).read_text())
    assert min(steps[3:]) == steps[2] + 1  # gone on with, not begun anew
    plan.write(tmp_path / "other")
    alone = json.loads(launch(tmp_path / "other", key).read_text())
    assert (result["training_scans"], result["training_patients"]) == (3, 3)
    assert all(len(curve) == 1 for curve in result["validation"].values())  # of one epoch
    for name in ("metrics", "model_sha256", "run_hash", "steps"):
        assert result[name] == alone[name]
    assert result["model_sha256"] == sha256_of(folder / "models" / "model.pt")
    noted = json.loads((folder / "test" / "metrics.json").read_text())
    assert noted.pop("weights")["sha256"] == result["model_sha256"]
    assert result["metrics"] == noted
    assert doubts(study) == []
    picture = (folder / "test" / RESTORED).read_bytes()  # what Models Genesis makes of crops
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < PICTURE


def stand_in(monkeypatch, found=None):
    calls = []

    def train(run, study):
        calls.append(run.key)
        return found or {"metrics": {"dice": 0.5}}

    monkeypatch.setattr(launching, "KINDS", dict.fromkeys(("pretrain", "finetune"), train))
    return calls


def test_a_result_says_what_its_weights_are_called_and_not_where_they_lie(tiny, monkeypatch):
    _, plan, study = tiny
    stand_in(monkeypatch)
    key = next(key for key, run in plan.runs.items() if run.start == "scratch")
    (study / "x.zip").write_bytes(b"weights")
    content = {**plan.runs[key].content, "weights": sha256_of(study / "x.zip")}
    run = replace(plan.runs[key], weights=str(study / "x.zip"), content=content)
    plan.runs.pop(key)
    plan.runs[run.key] = run
    plan.write(study)
    assert json.loads(launch(study, run.key).read_text())["weights"] == "x.zip"


def test_a_run_is_refused_whose_data_are_others_than_planned(tiny, monkeypatch):
    """One that is done is not asked."""
    _, plan, study = tiny
    calls, (key, run) = stand_in(monkeypatch), next(iter(plan.runs.items()))
    plan.runs[key] = replace(run, data=str(study))
    plan.write(study)
    with pytest.raises(UserError, match=f"{study}: not the data that .* was planned with"):
        launch(study, key)
    assert calls == []
    assert not (study / "runs" / key).exists()
    plan.runs[key] = run
    plan.write(study)
    launch(study, key)
    plan.runs[key] = replace(run, data=str(study))
    plan.write(study)
    launch(study, key)
    assert calls == [key]


def test_a_run_that_is_done_is_left_alone(tiny, monkeypatch, capsys):
    _, plan, study = tiny
    calls, key = stand_in(monkeypatch), first(plan)
    launch(study, key)
    before = (study / "runs" / key / RESULT).read_bytes()
    launch(study, key)
    assert calls == [key]
    assert (study / "runs" / key / RESULT).read_bytes() == before
    assert capsys.readouterr().out.endswith("done before\n")


def test_the_result_of_another_run_is_no_reason_to_leave_one_out(tiny, monkeypatch):
    _, plan, study = tiny
    calls = stand_in(monkeypatch)
    before = launch(study, first(plan))
    tuned = next(key for key, run in plan.runs.items() if run.upstream)
    (study / "runs" / tuned).mkdir()
    shutil.copyfile(before, study / "runs" / tuned / RESULT)
    with pytest.raises(UserError, match=f"{tuned}/result.json: the result of another run"):
        launch(study, tuned)
    (study / "runs" / tuned / RESULT).unlink()
    write_result(before.parent, {"key": tuned, "metrics": {}})
    with pytest.raises(UserError, match=f"{first(plan)}/result.json: the result of another run"):
        launch(study, tuned)
    assert calls == [first(plan)]


def test_nothing_starts_from_weights_that_a_result_is_not_of(tiny, monkeypatch):
    _, plan, study = tiny
    tuned = next(key for key, run in plan.runs.items() if run.upstream)
    folder = study / "runs" / first(plan)
    weights = folder / "models" / "model.pt"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"trained")
    calls = stand_in(monkeypatch, {"metrics": {}, "model_sha256": sha256_of(weights)})
    launch(study, first(plan))
    weights.write_bytes(b"others")
    said = (
        rf"model\.pt: other weights than those that {folder}/result\.json is of.*remove {folder},"
    )
    with pytest.raises(UserError, match=said):
        launch(study, tuned)
    assert calls == [first(plan)]
    weights.write_bytes(b"trained")
    launch(study, tuned)
    assert calls == [first(plan), tuned]


def test_what_a_run_rests_on_comes_first(tiny, monkeypatch):
    _, plan, study = tiny
    stand_in(monkeypatch)
    tuned = next(key for key, run in plan.runs.items() if run.upstream)
    with pytest.raises(UserError, match=f"rests on {first(plan)}; run that first"):
        launch(study, tuned)
    launch(study, first(plan))
    launch(study, tuned)


def test_an_unknown_key_names_the_nearest(tiny):
    _, plan, study = tiny
    with pytest.raises(UserError, match=f"no such run in .*did you mean {first(plan)}"):
        launch(study, first(plan)[:-1])


def test_a_failure_leaves_no_result_and_no_lock(tiny, monkeypatch):
    _, plan, study = tiny

    def fail(run, study):
        assert (study / "runs" / run.key / lock.LOCK).is_file()
        raise UserError("no such scan")

    monkeypatch.setattr(launching, "KINDS", {"pretrain": fail})
    with pytest.raises(UserError, match="no such scan"):
        launch(study, first(plan))
    assert list((study / "runs" / first(plan)).iterdir()) == []


def test_a_run_that_the_data_do_not_allow_ends_with_the_reason(tiny, monkeypatch, capsys):
    """So do those that rest on it, and none of them is tried again."""
    _, plan, study = tiny
    key, why = first(plan), "cases.csv: needs 9 positive candidates, there are 3"
    tuned = next(key for key, run in plan.runs.items() if run.upstream)

    def refuse(run, study):
        try:
            raise InfeasibleError(f"{study}/{why}")
        except InfeasibleError as error:
            raise RuntimeError("the config's own words") from error

    calls = stand_in(monkeypatch)
    monkeypatch.setitem(launching.KINDS, "pretrain", refuse)
    for each in (key, tuned, key):
        launch(study, each)
        assert capsys.readouterr().out == f"{each}: not feasible: {why}\n"
    assert calls == []
    found = json.loads((study / "runs" / tuned / RESULT).read_text())
    assert (found["metrics"], found[INFEASIBLE]) == ({}, why)
    store = collect(study)
    assert store.infeasible == {key: why, tuned: why}
    assert store.runs.empty
    assert store.failed == {}
