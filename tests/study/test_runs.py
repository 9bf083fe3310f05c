"""A plan on disk, and what of it is needed for what."""

import json
from dataclasses import replace

import pytest

from medssl.errors import UserError
from medssl.study.runs import PLAN, Cell, Plan, Run, read_plan


def run(name, upstream=(), seed=0):
    what = ("finetune", name, "mg", "bundle", ("train.json",), {"a": [1, 2]}, {}, seed, upstream)
    return Run(*what, weights=None, data="folder", content={"data": "x"})


def small():
    first = run("first")
    second = run("second", (first.key,))
    cells = [
        Cell(name, "finetune", "ncs", "mg", {"a": [1, 2]}, 0, one.key)
        for name, one in (("one", first), ("two", second))
    ]
    runs = {each.key: each for each in (first, second, run("third"))}
    return Plan("mine", True, {"ncs": {"metric": "dice"}}, runs, tuple(cells))


def test_a_plan_comes_back_as_it_was_written(tmp_path):
    small().write(tmp_path)
    assert read_plan(tmp_path) == small()


def test_a_run_needs_what_it_rests_on():
    plan = small()
    first, second, third = plan.runs
    assert plan.needed([second]) == [first, second]
    assert plan.new_runs() == {"one": [first], "two": [second]}
    assert third not in plan.needed(cell.key for cell in plan.cells)


def test_a_key_names_the_run_and_tells_contents_apart():
    key = run("ncs").key
    assert key.startswith("ncs-mg-s0-")
    assert len(key.rsplit("-", 1)[1]) == 10
    assert run("ncs", seed=1).key != key != run("ncs", ("up",)).key


def test_of_released_weights_a_result_has_the_name_alone():
    assert replace(run("ncs"), weights="/somewhere/dist/x.zip").released == "x.zip"
    assert run("ncs").released is None


def test_no_plan_and_one_of_another_version_are_told(tmp_path):
    with pytest.raises(UserError, match="no such file; write it with `medssl study plan"):
        read_plan(tmp_path)
    (tmp_path / PLAN).write_text('{"format": 0}')
    with pytest.raises(UserError, match="of another version"):
        read_plan(tmp_path)


@pytest.mark.parametrize("name", ["../../../evil", "/evil", "a/b", "a\0b", "\ud800", "x" * 201, ""])
def test_names_that_lead_elsewhere_are_refused(name, tmp_path):
    """Though the checksum is right, as where somebody has made it."""
    plan = small()
    cells = [replace(cell, experiment=name) for cell in plan.cells]
    outside = {name: run("first")}
    for wrong in (replace(plan, cells=tuple(cells)), replace(plan, runs=outside, cells=())):
        wrong.write(tmp_path)
        with pytest.raises(UserError, match=r"plan\.json: .* is no name of a run or an experiment"):
            read_plan(tmp_path)


FIRST = next(iter(small().runs))


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("runs", FIRST, "seed"), 1),
        (("runs", FIRST, "data"), "elsewhere"),
        (("runs", FIRST, "files"), []),
        (("cells", 0, "start"), "scratch"),
        (("cells",), None),
        (("sha256",), "0" * 64),
        (("sha256",), ["0"]),
        (("more",), 1),
    ],
)
def test_a_plan_that_was_changed_is_refused_wherever_it_was(way, value, tmp_path):
    """Its keys are names of folders, and say what a run is; its cells, what a result is for."""
    path = small().write(tmp_path)
    content = inner = json.loads(path.read_text())
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"plan\.json: damaged, or changed .*; write it anew with"):
        read_plan(tmp_path)
