"""Cells of experiments by row, and the finished runs behind them."""

from dataclasses import replace

import pytest

from medssl.errors import UserError
from medssl.study.tables.cells import (
    against,
    by_row,
    by_start,
    empty,
    finished_runs,
    levels,
    outcomes,
    pretrainings,
    runs_of,
    select,
    tasks_of,
)

from ..made_up import PATIENTS, made_up

STORE = made_up("table3", "fig8")
ENTRIES = by_start(select(STORE.plan, "table3", "ncs"))


def test_cells_are_picked_by_experiment_task_and_factors():
    assert len(ENTRIES) == 11
    assert {len(cells) for cells in ENTRIES.values()} == {3}
    assert select(STORE.plan, "table3", "msd") == []
    assert len(select(STORE.plan, "fig8", scheme="full")) == 9
    assert levels(STORE.plan, "fig8", "scheme") == ["full", "warmup"]
    assert tasks_of(STORE.plan, "table3") == ["ncc", "ncs", "lcs"]
    both = by_row(select(STORE.plan, "fig8"), lambda cell: cell.factors["scheme"])
    assert {name: len(cells) for name, cells in both.items()} == {"full": 9, "warmup": 9}


def test_two_runs_of_one_seed_have_no_place_in_one_row():
    """The second would be shown, and the first linked beside it."""
    plan = made_up(fig7={"start": ["mg"], "task": ["ncs"], "scheme": ["full", "warmup"]}).plan
    with pytest.raises(UserError, match="experiment fig7: mg has several runs of seed 0, by sche"):
        by_start(select(plan, "fig7"))
    assert len(by_row(select(plan, "fig7"), lambda cell: cell.factors["scheme"])) == 2
    assert len(by_row(select(STORE.plan, "table3"), lambda cell: cell.task)) == 3


def test_a_level_that_an_experiment_does_not_have_is_named():
    with pytest.raises(UserError, match="experiment table3: no scheme, which this table tells"):
        levels(STORE.plan, "table3", "scheme")
    assert levels(STORE.plan, "nothing", "scheme") == []


def test_the_baseline_of_a_column_is_one_of_its_rows():
    assert against(ENTRIES)["mg"] == ENTRIES["scratch"]
    assert against(ENTRIES, "nothing") == {}


def test_pretrainings_that_runs_share_come_once():
    found = pretrainings(STORE.plan, select(STORE.plan, "table3"))
    assert len(found) == 10
    assert {STORE.plan.runs[cell.key].kind for cell in found} == {"pretrain"}


def test_each_row_has_the_seeds_that_it_has_runs_of():
    lost = next(cell.key for cell in ENTRIES["jig"] if cell.seed == 1)
    fewer = replace(STORE, runs=STORE.runs.drop(index=lost))
    done = finished_runs(fewer, ENTRIES.values())
    assert tuple(done[runs_of(ENTRIES["jig"])]) == (0, 2)
    assert tuple(done[runs_of(ENTRIES["mg"])]) == (0, 1, 2)
    without = replace(STORE, runs=STORE.runs.drop(index=list(runs_of(ENTRIES["jig"]))))
    assert runs_of(ENTRIES["jig"]) not in finished_runs(without, ENTRIES.values())
    assert finished_runs(replace(STORE, runs=STORE.runs.iloc[:0]), ENTRIES.values()) == {}


def test_cases_can_be_chosen():
    keys = {0: ENTRIES["mg"][0].key}
    assert len(outcomes(STORE, keys)[0]) == 4 * PATIENTS
    assert {o.case for o in outcomes(STORE, keys, {"p00", "p01"})[0]} == {"p00", "p01"}


def test_what_is_missing_says_why():
    cells = ENTRIES["jig"]
    assert empty(STORE, "x", "jig", cells)["verdict"] == "not run"
    refused = replace(STORE, infeasible={cells[0].key: "too few"})
    assert empty(refused, "x", "jig", cells)["verdict"] == "not feasible: too few"
    broken = replace(refused, failed={cells[1].key: "no space left on the device"})
    assert empty(broken, "x", "jig", cells[1:])["verdict"] == "failed: no space left on the device"
    assert empty(broken, "x", "jig", cells)["verdict"] == "not feasible: too few"
