"""Commands on runs hand on what was asked for; their exit status is the verdict."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from medssl import __version__
from medssl.analysis import TrainingEstimate
from medssl.commands import Runs
from medssl.commands.answers import MARK


def status(command, *args, **options):
    """Exit status of a command."""
    try:
        command(*args, **options)
    except SystemExit as end:
        return end.code
    return 0


@pytest.mark.parametrize(("healthy", "code"), [(True, 0), (False, 1)])
def test_a_sick_run_is_a_failure(healthy, code, asked):
    calls = asked("medssl.analysis.diagnose", SimpleNamespace(healthy=healthy))
    assert status(Runs().doctor, "runs/a", data="data", bundles="there") == code
    wanted = {"folder": "runs/a", "data": "data", "bundle": None, "bundles": "there"}
    assert calls[0].items() >= wanted.items()


@pytest.mark.parametrize(("shortcut", "code"), [(False, 0), (True, 1)])
def test_a_task_solved_on_noise_is_a_failure(shortcut, code, asked):
    calls = asked("medssl.analysis.run_control", SimpleNamespace(shortcut=shortcut))
    sizes = ((1, 1, 1),)
    command = Runs().control
    assert status(command, "b", "out", 5, 1.0, sizes, gap=0, base_channels=4) == code
    assert list(calls[0].values()) == [
        *("b", "out", 5, 1.0, {"gap": 0, "base_channels": 4}),
        sizes,
    ]


def test_estimate_takes_keys_of_the_config(asked, capsys):
    calls = asked("medssl.analysis.estimate", "2 hours")
    Runs().estimate(["a.json", "b.json"], "data", batch_size=8)
    assert list(calls[0].values()) == [["a.json", "b.json"], "data", 20, {"batch_size": 8}]
    assert capsys.readouterr().out == "2 hours\n"


def test_estimate_leaves_its_figures_as_json(asked, tmp_path):
    sizes = {"device": "cpu", "step_s": 0.5, "batch_size": 4, "waiting": 0.1, "memory_mib": 9.0}
    length = {"epochs": 10, "epoch_steps": 20, "validations": 2, "validation_s": 3.0}
    asked("medssl.analysis.estimate", TrainingEstimate(**sizes, **length, disk_mib={"model.pt": 1}))
    Runs().estimate("a.json", "data", json=str(tmp_path / "cost.json"))
    found = json.loads((tmp_path / "cost.json").read_text(encoding="utf-8"))
    expected = {**sizes, **length, "disk_mib": {"model.pt": 1}, "steps": 200}
    assert found.pop(MARK) == __version__
    assert found == {**expected, "hours": pytest.approx(106 / 3600)}


def test_the_table_of_methods_is_printed_written_or_compared(asked, tmp_path, capsys):
    asked("medssl.analysis.methods_page", "| \u03b1 |\n")
    compared = asked("medssl.analysis.check_page")
    page = tmp_path / "methods.md"
    Runs().methods(write=str(page))
    assert page.read_text(encoding="utf-8") == "| \u03b1 |\n"
    assert capsys.readouterr().out == ""
    Runs().methods(check=str(page))
    assert list(compared[0].values()) == [page, "| \u03b1 |\n"]
    Runs().methods()
    assert capsys.readouterr().out == "| \u03b1 |\n"


@pytest.mark.parametrize(("data", "expected"), [(None, None), ("scans", Path("scans"))])
def test_demo_takes_own_scans(data, expected, asked):
    calls = asked("medssl.demo.run_demo")
    Runs().demo("out", data)
    assert calls == [{"output": Path("out"), "data": expected}]


def test_each_fold_has_a_plan_of_its_own(asked, tmp_path):
    written = []
    found = SimpleNamespace(write=written.append, command=lambda path, pretrained: "run")
    calls = asked("medssl.analysis.plan.make_plan", found)
    Runs().plan(str(tmp_path))
    Runs().plan(str(tmp_path), fold=1)
    assert [call["fold"] for call in calls] == [None, 1]
    assert written == [tmp_path / "plan.json", tmp_path / "plan_fold1.json"]
