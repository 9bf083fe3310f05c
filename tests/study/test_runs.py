"""A plan on disk, and what of it is needed for what."""

import json

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


def test_no_plan_and_one_of_another_version_are_told(tmp_path):
    with pytest.raises(UserError, match="no such file; write it with `medssl study plan"):
        read_plan(tmp_path)
    (tmp_path / PLAN).write_text('{"format": 0}')
    with pytest.raises(UserError, match="of another version"):
        read_plan(tmp_path)


def changed(plan, way, value):
    """A plan with another value, or none, at some place."""
    inner = plan
    for step in way[:-1]:
        inner = inner[step]
    inner.pop(way[-1]) if value is None else inner.__setitem__(way[-1], value)
    return plan


FIRST, SECOND, _ = small().runs


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        (("runs", FIRST, "seed"), "0", rf"damaged \(runs\.{FIRST}\.seed: '0', expected a whole"),
        (("runs", FIRST, "seed"), 1, rf"{FIRST} is another run, first-mg-s1-"),
        (("runs", FIRST, "keys"), {"a": 2}, rf"{FIRST} is another run, first-mg-s0-"),
        (("runs", FIRST, "name"), "../../out", rf"{FIRST} is another run, \.\./\.\./out"),
        (("runs", FIRST, "bundle"), None, "damaged .*'bundle'"),
        (("runs", FIRST, "more"), 1, "damaged .*'more'"),
        (("runs", FIRST), None, rf"{SECOND} rests on {FIRST}, which is no run"),
        (("runs",), [], "damaged .runs: a list, expected an object"),
        (("runs",), None, "damaged .'runs'"),
        (("cells", 0, "key"), "nothing", "nothing: no such run"),
        (("cells", 0, "key"), None, "damaged .*'key'"),
        (("cells",), {}, "damaged .cells: an object, expected a list"),
    ],
)
def test_a_plan_that_was_changed_or_damaged_is_told_by_place(way, value, said, tmp_path):
    """Its keys are names of folders, and say what a run is."""
    path = small().write(tmp_path)
    path.write_text(json.dumps(changed(json.loads(path.read_text()), way, value)))
    with pytest.raises(UserError, match=rf"plan\.json: .*{said}.*; write it anew with `medssl"):
        read_plan(tmp_path)
