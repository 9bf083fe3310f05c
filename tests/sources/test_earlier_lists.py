"""A second preparation says what it changes for those who worked with the first one."""

import json

import pytest

from medssl.sources.earlier_lists import describe_changes

from .test_conclude import prepare, published


def listing(**split_of):
    parts = ("training", "validation", "test")
    return {p: [{"patient": n} for n in split_of if split_of[n] == p] for p in parts}


BEFORE = listing(a="training", b="training", c="test", d="validation")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "datalist.json").write_text(json.dumps(BEFORE))
    (tmp_path / "datalist_fold0.json").write_text(json.dumps(BEFORE))
    return tmp_path


def test_nothing_is_told_of_a_folder_that_is_new_or_stays_as_it_is(folder):
    for name in ("plan.json", "plan_fold0.json", "plan_of_mine.json"):
        (folder / name).write_text("{}")
    fold = {"a": "training", "b": "training", "c": "test", "d": "validation"}
    assert describe_changes(folder, BEFORE, [fold], None) == []
    assert describe_changes(folder / "new", BEFORE, [], None) == []
    (folder / "datalist.json").write_text("damaged")
    assert describe_changes(folder, BEFORE, [fold], None) == []


def test_a_table_that_counts_no_more_is_named(folder, tmp_path):
    (folder / "labels.csv").write_text("case,label\n")
    (line,) = describe_changes(folder, BEFORE, [], None)
    assert line.startswith("labels.csv of an earlier preparation is kept, but the splits are drawn")
    assert f"give --table {folder / 'labels.csv'} again" in line
    assert describe_changes(folder, BEFORE, [], tmp_path / "table.csv") == []


def test_patients_who_change_split_are_told(folder):
    now = listing(a="test", b="training", c="training", e="test")
    (line,) = describe_changes(folder, now, [], None)
    assert line.startswith(
        "2 of 4 patients are in another split than before (a: training to test, c: test to training"
    )


@pytest.mark.parametrize(
    ("now", "folds", "stale"),
    [
        (
            {**BEFORE, "labels": {"1": "left"}},
            1,
            "plan.json, plan_fold0.json: made for the earlier",
        ),
        (BEFORE, 0, "plan_fold0.json: made for the earlier data list; run medssl plan again"),
        (BEFORE, 1, "plan_fold0.json: made for the earlier data list; run medssl plan again"),
    ],
)
def test_plans_of_other_lists_are_told(folder, now, folds, stale):
    for name in ("plan.json", "plan_fold0.json"):
        (folder / name).write_text("{}")
    (line,) = describe_changes(folder, now, [{"a": "test", "b": "training"}] * folds, None)
    assert line.startswith(stale)


def test_a_preparation_tells_it_at_its_end(source, tmp_path):
    out, parts = tmp_path / "out", ["training"] * 4 + ["validation", "test"]
    prepare(source, published(source, "abcdef", parts), out)
    (out / "plan.json").write_text("{}")
    _, again = prepare(source, published(source, "abcdef", parts), out)
    assert not [line for line in again["summary"]["warnings"] if "split" in line or "plan" in line]
    _, turned = prepare(source, published(source, "abcdef", parts[::-1]), out)
    told = " ".join(turned["summary"]["warnings"])
    assert "4 of 6 patients are in another split than before (a: training to test" in told
    assert "plan.json: made for the earlier data list" in told
