"""Columns: differences counted by hand, baselines of each row's own, and no claims."""

import math
from dataclasses import replace

import pytest

from medssl.study.tables.cells import against, by_start, select
from medssl.study.tables.columns import column, without_claims

from ..made_up import AVERAGE, PATIENTS, STEP, gain, made_up, table

STORE = made_up("table3")
ENTRIES = by_start(select(STORE.plan, "table3", "ncs"))


def test_means_and_differences_are_those_counted_by_hand():
    found = table(column(STORE, "x", ENTRIES, "dice", against(ENTRIES)))
    mg = found.loc["mg", "x"]
    assert mg["mean"] == pytest.approx(0.6 + AVERAGE)
    assert (mg["difference"], mg["sd"]) == pytest.approx((0.1, 0))
    assert (mg["seeds"], mg["patients"], mg["baseline"]) == (3, PATIENTS, "scratch")
    # Wilcoxon's smallest p of 12 patients is 2 / 2^12; ten comparisons, two of them with a
    # difference.
    assert mg["p"] == pytest.approx(2 / 2**PATIENTS)
    assert mg["p_adjusted"] == pytest.approx(10 * mg["p"])
    words = found["verdict"].droplevel("column")
    assert words[["scratch", "mg", "simclr", "jig"]].tolist() == [
        "baseline",
        "gain",
        "loss",
        "no evidence of gain",
    ]


def test_each_row_can_have_a_baseline_of_its_own_and_one_that_is_no_row():
    two = {name: ENTRIES[name] for name in ("mg", "jig")}
    found = table(column(STORE, "x", two, "dice", {"mg": ENTRIES["simclr"]}))
    assert found.loc["mg", "x"]["difference"] == pytest.approx(0.2)
    assert found.loc["mg", "x"]["baseline"] == ""
    assert math.isnan(found.loc["jig", "x"]["difference"])
    assert found.loc["jig", "x"]["verdict"] == ""


def test_cases_and_classes_can_be_chosen():
    some = {"p00", "p11"}
    found = table(column(STORE, "x", ENTRIES, "dice", {}, "class0", some))
    assert found.loc["mg", "x"]["mean"] == pytest.approx(0.6 + STEP * 11 / 2)
    assert found.loc["mg", "x"]["patients"] == 2


def test_runs_that_are_missing_leave_the_others_as_they_are():
    less = made_up("table3", without=lambda run: run.start == "jig", level=gain)
    found = table(column(less, "x", ENTRIES, "dice", against(ENTRIES)))
    assert found.loc["jig", "x"]["verdict"] == "not run"
    assert found.loc["mg", "x"]["verdict"] == "gain"
    alone = made_up("table3", without=lambda run: run.start == "scratch")
    words = table(column(alone, "x", ENTRIES, "dice", against(ENTRIES)))["verdict"]
    assert set(words) == {"not run", "incomplete: 3 of 6 runs"}


def test_a_row_that_waits_for_runs_has_no_claim_and_takes_none_from_others():
    """What is claimed of a part of a column holds when all of it is there."""

    def gone(run):
        return (run.start, run.seed) == ("simclr", 2)

    part = table(
        column(made_up("table3", without=gone), "x", ENTRIES, "dice", against(ENTRIES))
    ).droplevel("column")
    begun = part.loc["simclr"]
    assert (begun["verdict"], begun["note"]) == (
        "incomplete: 5 of 6 runs",
        "without seed 2 (not run)",
    )
    assert begun["difference"] == pytest.approx(-0.1)
    assert math.isnan(begun["p_adjusted"])
    assert part.loc["mg"]["p_adjusted"] == pytest.approx(10 * part.loc["mg"]["p"])


def test_what_the_data_do_not_hold_is_waited_for_no_longer():
    (lost,) = {cell.key for cell in ENTRIES["mg"] if cell.seed == 2}
    without = replace(STORE, runs=STORE.runs.drop(index=lost), infeasible={lost: "too few"})
    mg = table(column(without, "x", ENTRIES, "dice", against(ENTRIES))).loc["mg", "x"]
    assert (mg["verdict"], mg["seeds"]) == ("gain", 2)
    assert mg["note"] == "without seed 2 (not feasible: too few)"


def test_claims_are_left_out_and_intervals_stay():
    rows = column(STORE, "x", ENTRIES, "dice", against(ENTRIES))
    found = table(without_claims(rows))
    assert set(found["verdict"]) == {"baseline", ""}
    assert "p" not in found
    assert found.loc["mg", "x"]["difference_low"] == pytest.approx(0.1, abs=1e-4)
