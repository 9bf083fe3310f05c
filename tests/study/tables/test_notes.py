"""Holes in a store: each pair keeps the seeds that it has, and what is left out is said."""

from dataclasses import replace

import pytest

from medssl.study.tables.cells import against, by_start, select
from medssl.study.tables.columns import arms_of, column
from medssl.study.tables.derived import fig9
from medssl.study.tables.notes import left_out, of_all

from ..made_up import AVERAGE, PATIENTS, gain, made_up, table


def lost(*holes):
    """Runs of ncs with these starts and seeds are not there."""
    return lambda run: run.name == "ncs" and (run.start, run.seed) in holes


def by_seed(run):
    """Seed 2 finds 0.3 more, in all starts alike."""
    return gain(run) + 0.3 * (run.seed == 2)


def ncs(store):
    entries = by_start(select(store.plan, "table3", "ncs"))
    return table(column(store, "x", entries, "dice", against(entries))).droplevel("column")


def test_a_run_that_is_missing_costs_its_own_row_alone():
    found = ncs(made_up("table3", level=by_seed, without=lost(("jig", 2))))
    assert found["seeds"].to_dict() == {**dict.fromkeys(found.index, 3), "jig": 2}
    assert found.loc["jig", "note"] == "without seed 2 (not run)"
    assert set(found["note"].drop("jig")) == {""}
    # Scratch with its seed 2 is 0.1 better in the mean; beside jig's two seeds it is not.
    assert found.loc["jig", "mean"] == pytest.approx(0.5 + AVERAGE)
    assert found.loc["scratch", "mean"] == pytest.approx(0.6 + AVERAGE)
    assert found.loc["jig", "difference"] == pytest.approx(0, abs=1e-12)
    assert found.loc["mg", "verdict"] == "gain"


def test_a_seed_of_the_baseline_is_missing_in_all_differences_and_in_no_other_mean():
    found = ncs(made_up("table3", level=by_seed, without=lost(("scratch", 2), ("jig", 2))))
    assert found.loc["mg", "note"] == "difference without seed 2 (not run) of scratch"
    assert found.loc["jig", "note"] == "without seed 2 (not run)"
    assert found.loc["mg", "mean"] == pytest.approx(0.7 + AVERAGE)
    assert found.loc["mg", "difference"] == pytest.approx(0.1)


def test_a_pair_without_a_common_seed_has_no_difference_and_says_so():
    holes = [("scratch", 1), ("scratch", 2), ("mg", 0)]
    found = ncs(made_up("table3", without=lost(*holes)))
    assert found.loc["mg", "verdict"] == "incomplete: 3 of 6 runs"
    assert "no difference: no seeds 1, 2 (not run) of scratch" in found.loc["mg", "note"]
    assert found.loc["mg"].isna()["difference"]
    assert found.loc["simclr", "difference"] == pytest.approx(-0.1)


def test_comparisons_that_are_not_there_yet_count_in_holms_correction():
    whole = ncs(made_up("table3"))
    few = ncs(made_up("table3", without=lambda run: run.start not in ("scratch", "mg")))
    assert few.loc["mg", "p_adjusted"] == whole.loc["mg", "p_adjusted"]
    assert few.loc["mg", "p_adjusted"] == pytest.approx(10 * few.loc["mg", "p"])


def test_rows_are_compared_on_the_cases_that_all_have_and_the_rest_is_counted():
    """Two patients that jig alone did not judge would make it worse, or better, by themselves."""
    store = made_up("table3")
    jig = [cell.key for cell in by_start(select(store.plan, "table3", "ncs"))["jig"]]
    hole = store.cases["key"].isin(jig[:1]) & store.cases["case"].isin(["p00", "p01"])
    found = ncs(replace(store, cases=store.cases[~hole]))
    assert found.loc["jig", "difference"] == pytest.approx(0, abs=1e-12)
    assert set(found["patients"]) == {PATIENTS - 2}
    assert set(found["note"]) == {"without 2 cases that not all rows have"}
    # One case whose value is not a number is one that the row lacks.
    cases = store.cases.copy()
    own = (cases["key"] == jig[1]) & (cases["case"] == "p03") & (cases["metric"] == "dice")
    cases.loc[own, "value"] = float("nan")
    found = ncs(replace(store, cases=cases))
    assert found.loc["mg", "note"] == "without 1 case that not all rows have"
    assert found.loc["mg", "patients"] == PATIENTS - 1


def test_rows_without_a_common_case_are_not_compared():
    store = made_up("table3")
    jig = [cell.key for cell in by_start(select(store.plan, "table3", "ncs"))["jig"]]
    cases = store.cases.copy()
    cases.loc[cases["key"].isin(jig), "case"] += " of another split"
    words = set(ncs(replace(store, cases=cases))["verdict"])
    (told,) = words
    assert told.startswith("not feasible: x: no case that all runs have, none is left with ")
    assert ", ".join(jig) in told


def test_why_a_seed_is_left_out_is_told_apart():
    store = made_up("table3", without=lost(("jig", 0), ("jig", 1), ("jig", 2)))
    cells = by_start(select(store.plan, "table3", "ncs"))["jig"]
    store = replace(
        store,
        infeasible={cells[0].key: "needs 9 positives, there are 2"},
        failed={cells[1].key: "no space left on the device"},
    )
    assert left_out(store, cells, ()) == (
        "seed 0 (not feasible: needs 9 positives, there are 2), "
        "seed 1 (failed: no space left on the device), seed 2 (not run)"
    )
    assert left_out(store, cells, (0, 1, 2)) == ""


def test_what_is_common_to_all_says_whose_hole_it_has():
    store = made_up("table3", without=lost(("jig", 2)))
    entries = by_start(select(store.plan, "table3", "ncs"))
    arms = arms_of(store, (cell for cells in entries.values() for cell in cells), "dice")
    assert {arm.seeds for arm in arms.values()} == {(0, 1)}
    said = "on the seeds that all have, without seed 2 (not run) of jig"
    assert of_all(store, entries) == said
    derived = table(fig9(store))
    assert derived.loc["mg", "segmentation"]["note"] == f"{said} ncs"
    assert derived.loc["mg", "mean rank in 3 tasks, 1 the best"]["note"] == f"{said} ncs"
    assert derived.loc["mg", "classification"]["note"] == ""
    assert of_all(made_up("table3"), entries) == ""
