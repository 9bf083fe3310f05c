"""Commands on studies hand on what was asked for; the engine's status is theirs."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from medssl.cli import Commands
from medssl.commands import Study
from medssl.errors import UserError


@pytest.fixture
def planned(asked):
    class Plan:
        runs = ("a", "b")

    asked("medssl.study.summary.refuse_missing_data")
    return asked("medssl.study.summary.write_plan", (Plan, Path("there"), "a table"))


def test_a_plan_is_shown_and_its_file_named(planned, capsys):
    Study(list).plan("mine.yaml", "data", "there", "table3,fig2")
    wanted = {"study": "mine.yaml", "data": "data", "output": "there", "only": ["table3", "fig2"]}
    assert planned[0] == wanted
    assert capsys.readouterr().out == f"a table\n\nwritten: {Path('there') / 'plan.json'}, 2 runs\n"


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("", "'' has an empty name"),
        ("fig2,,table3", "'fig2,,table3' has an empty name"),
        ("fig2,fig2", "fig2 is there twice"),
    ],
)
def test_experiments_are_named_once(only, said, planned):
    with pytest.raises(UserError, match=rf"^--only: {said}"):
        Study(list).plan("mine.yaml", only=only)
    assert planned == []


def test_costs_are_asked_of_the_experiments_alone(asked, capsys):
    runs = [SimpleNamespace(experiment=name, key=name) for name in ("table3", "fig2")]
    plan = SimpleNamespace(cells=runs, needed=list)
    asked("medssl.study.summary.write_plan", (plan, Path("there"), ""))
    measured = asked("medssl.study.cost.measure_costs", {})
    asked("medssl.study.cost.say_costs", "2 hours")
    Study(list).cost("mine.yaml", only="fig2", steps=5)
    assert list(measured[0].values()) == [plan, ["fig2"], Path("there"), 5]
    assert capsys.readouterr().out == "2 hours\n"


@pytest.mark.parametrize("steps", [1, 0, -1, 2.5])
def test_steps_without_a_median_are_refused_before_anything_is_planned(steps, planned):
    with pytest.raises(UserError, match=f"^--steps: {steps}, expected a whole number of 2 or more"):
        Study(list).cost("mine.yaml", only="fig2,fig2", steps=steps)
    assert planned == []


@pytest.mark.parametrize("status", [0, 1])
def test_a_start_ends_as_its_engine_does(status, planned, asked):
    started = asked("medssl.study.start.start", status)
    written = asked("medssl.study.report.write_report", Path("there/report/index.html"))
    with pytest.raises(SystemExit) as end:
        Study(list).start("mine.yaml", only="fig8", profile="slurm", cores=3, warm=True)
    assert end.value.code == status
    expected = {"folder": Path("there"), "only": ["fig8"], "profile": "slurm", "cores": 3}
    assert written == [{"folder": "there"}]  # of a study that failed in part, too
    assert started[0] == {**expected, "gpus": 1, "dry_run": False, "warm": True}


def test_this_machine_gives_a_run_a_gpu_where_it_has_one(planned, asked, monkeypatch):
    started = asked("medssl.study.start.start", 0)
    for there in (False, True):
        monkeypatch.setattr("torch.cuda.is_available", lambda there=there: there)
        with pytest.raises(SystemExit):
            Study(list).start("mine.yaml", dry_run=True)
    assert [call["gpus"] for call in started] == [0, 1]


def test_a_run_is_launched_by_its_key(asked):
    launched = asked("medssl.study.launch.launch")
    Study(list).run("ncs-mg-s0-0123456789", "there")
    assert launched[0] == {"study": "there", "key": "ncs-mg-s0-0123456789"}


def test_shards_are_prepared_by_words_that_are_right(asked):
    prepared = asked("medssl.study.shards.prepare_in_shards", 0)
    study = Commands().study
    with pytest.raises(UserError, match="--outptu: no such option; did you mean --output"):
        study.prepare("images --source a --outptu b", 40)
    with pytest.raises(UserError, match="imagse: no such command; did you mean images"):
        study.prepare("imagse --source a --output b", 40)
    assert not prepared
    with pytest.raises(SystemExit) as end:
        study.prepare("images --source 'a b' --output c", 40, profile="slurm")
    assert end.value.code == 0
    assert prepared[0]["words"] == ["images", "--source", "a b", "--output", "c"]
    assert (prepared[0]["shards"], prepared[0]["profile"]) == (40, "slurm")


@pytest.mark.parametrize(
    ("given", "said"),
    [({"cores": 0}, "--cores: 0, expected a whole number, 1 or"), ({"gpus": -1}, "--gpus: -1")],
)
def test_a_start_has_cores_and_no_fewer_gpus_than_none(given, said, planned):
    """Snakemake waits for ever for a core where it has none."""
    with pytest.raises(UserError, match=said):
        Study(list).start("mine.yaml", **given)
    assert planned == []


def test_a_quotation_that_does_not_end_is_told():
    with pytest.raises(UserError, match=r"luna16 --source 'x: No closing quotation; close"):
        Study(list).prepare("luna16 --source 'x", 2)
