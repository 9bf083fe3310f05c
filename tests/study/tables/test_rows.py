"""Columns: runs of all seeds that every row has, differences, and what is missing."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from medssl.study.store import collect
from medssl.study.tables.rows import against, by_start, column, levels, scalars, select, used_runs

from ..results import PATIENTS, write_results


@pytest.fixture
def store(tmp_path):
    return collect(write_results(tmp_path))


@pytest.fixture
def entries(store):
    return by_start(select(store.plan, "table3", "ncs"))


def test_cells_are_picked_by_experiment_task_and_factors(store):
    assert {cell.start for cell in select(store.plan, "table3", "ncs")} == {"scratch", "mg", "jig"}
    assert select(store.plan, "table3", "lcs") == []
    assert len(select(store.plan, "fig8", scheme="full")) == 3
    assert select(store.plan, "fig8", scheme="warmup") == []
    assert levels(store.plan, "fig8", "scheme") == ["full"]


def test_only_seeds_that_all_rows_have_are_taken(store, entries):
    lost = next(cell.key for cell in entries["jig"] if cell.seed == 1)
    fewer = replace(store, runs=store.runs.drop(index=lost))
    assert {tuple(used) for used in used_runs(fewer, entries).values()} == {(0, 2)}


def test_each_row_can_have_a_baseline_of_its_own(store, entries):
    rows = column(store, "x", entries, "dice", {"mg": "jig", "jig": "jig"})
    found = {row["row"]: row for row in rows}
    assert found["mg"]["difference"] == pytest.approx(0.2, abs=0.01)
    assert found["jig"]["verdict"] == "baseline"
    assert found["scratch"]["verdict"] == ""
    assert found["scratch"]["patients"] == PATIENTS


def test_cases_can_be_chosen(store, entries):
    rows = column(store, "x", entries, "dice", against(entries), cases={"00_0", "01_0"})
    assert {row["patients"] for row in rows} == {2}


def test_figures_of_whole_runs_are_described_and_not_tested(store, entries):
    store.runs.loc[:, "metric_speed"] = 2.0
    keys = [cell.key for cell in entries["mg"]]
    store.runs.loc[keys, "metric_speed"] = [3.0, 4.0, 5.0]
    found = {row["row"]: row for row in scalars(store, "s", entries, "speed", against(entries))}
    assert (found["mg"]["mean"], found["mg"]["sd"], found["mg"]["difference"]) == (4, 1, 2)
    assert "p" not in found["mg"]
    assert found["mg"]["verdict"] == ""
    words = [row["verdict"] for row in scalars(store, "s", entries, "nothing")]
    assert words == ["not run"] * 3


def test_what_the_data_do_not_hold_is_said_with_the_reason(store, entries):
    keys = [cell.key for cell in entries["jig"]]
    less = replace(store, runs=store.runs.drop(index=keys), infeasible={keys[0]: "too few"})
    rows = column(less, "x", entries, "dice", against(entries))
    found = pd.DataFrame(rows).set_index("row")
    assert found.loc["jig", "verdict"] == "not feasible: too few"
    assert math.isnan(found.loc["jig", "mean"])
