"""Areas under label curves: by a slow walk over them, and no claim before all runs are there."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest

from medssl.analysis.evidence import seed_means
from medssl.study.tables.areas import area_arms, areas

from ..made_up import PATIENTS, SUBJECTS, made_up, table

FRACTIONS = (0.05, 0.1, 0.25, 0.5, 1)
CURVE = {"start": ["scratch", "mg", "jig"], "task": ["ncs"]}
AREA = "ncs dice, area under the label curve"


def level(run):
    """Some curve of each start and seed; mg lies above, more so where labels are few."""
    fraction = run.keys.get("label_fraction", 1)
    chance = random.Random(f"{run.start} {run.seed} {fraction}").uniform(-0.02, 0.02)
    return 0.4 + 0.1 * fraction + chance + (0.3 - 0.2 * fraction) * (run.start == "mg")


def slow_area(store, start, seed):
    """Height over ln(subjects), a thin rectangle after the other, of each patient."""
    plan, found = store.plan, {}
    for fraction in FRACTIONS:
        (key,) = {
            c.key
            for c in plan.cells
            if (c.start, c.seed, c.factors["label_fraction"]) == (start, seed, fraction)
        }
        own = store.of(key).query("metric == 'dice'").set_index("patient")["value"]
        found[math.log(SUBJECTS * fraction)] = own.to_numpy()
        patients = own.index
    strips, total, width = 2000, 0.0, 0.0
    for (a, low), (b, high) in pairwise(found.items()):
        for strip in range(strips):
            share = (strip + 0.5) / strips
            total += ((1 - share) * low + share * high) * (b - a) / strips
        width += b - a
    return pd.Series(total / width, patients)


def test_areas_are_those_of_a_walk_over_the_curves():
    store = made_up("labels", level=level)
    found = table(areas(store, "ncs"))
    walked = {
        start: pd.DataFrame({seed: slow_area(store, start, seed) for seed in (0, 1, 2)})
        for start in ("scratch", "mg", "jig")
    }
    for start, each in walked.items():
        row = found.loc[start, AREA]
        assert row["mean"] == pytest.approx(each.mean().mean())
        assert row["sd"] == pytest.approx(each.mean().std(ddof=1))
    gap = walked["mg"] - walked["scratch"]
    assert found.loc["mg", AREA]["difference"] == pytest.approx(gap.mean().mean())
    # Every patient is better on the mean over seeds: Wilcoxon's smallest p, times ten.
    assert (gap.mean(axis=1) > 0).all()
    assert found.loc["mg", AREA]["p_adjusted"] == pytest.approx(10 * 2 / 2**PATIENTS)
    said = found["verdict"].droplevel("column")
    assert said["mg"] == "gain"
    assert set(said.drop(["mg", "scratch"])) == {"no evidence of gain"}


def test_arms_are_those_that_rows_are_made_of():
    store = made_up("labels", level=level, without=lambda run: run.start == "jig")
    found, arms = table(areas(store, "ncs")), area_arms(store, "ncs")
    assert set(arms) == set(found["mean"].dropna().droplevel("column").index)
    assert "jig" not in arms
    assert seed_means(arms["mg"]).mean() == pytest.approx(found.loc["mg", AREA]["mean"])


def missing(start, fraction, seed):
    def gone(run):
        own = run.start, run.keys.get("label_fraction", 1), run.seed
        return run.kind == "finetune" and own == (start, fraction, seed)

    return gone


def test_one_missing_run_takes_the_verdict_of_its_start_and_of_no_other():
    found = table(areas(made_up("labels", level=level, without=missing("jig", 0.1, 1)), "ncs"))
    jig, mg = found.loc["jig", AREA], found.loc["mg", AREA]
    assert (jig["verdict"], jig["seeds"]) == ("incomplete: 29 of 30 runs", 2)
    assert jig.isna()[["p", "p_adjusted"]].all()
    assert jig["note"] == "without seed 1 (not run)"
    assert not jig.isna()["difference"]
    assert (mg["verdict"], mg["note"], mg["seeds"]) == ("gain", "", 3)
    assert mg["p_adjusted"] == pytest.approx(10 * mg["p"])


def test_one_missing_run_of_scratch_takes_all_verdicts():
    found = table(areas(made_up("labels", level=level, without=missing("scratch", 1, 0)), "ncs"))
    said = set(found["verdict"].droplevel("column").drop("scratch"))
    assert said == {"incomplete: 29 of 30 runs"}
    assert found.loc["scratch", AREA]["note"] == "without seed 0 (not run)"


def test_a_number_of_labels_that_the_data_do_not_hold_is_no_part_of_the_curves():
    store = made_up("labels", level=level)
    few = [key for key, run in store.plan.runs.items() if run.keys.get("label_fraction") == 0.05]
    never = dict.fromkeys(few, "no subject is left")
    found = table(areas(replace(store, runs=store.runs.drop(index=few), infeasible=never), "ncs"))
    less = table(
        areas(made_up(labels=CURVE | {"label_fraction": [0.1, 0.25, 0.5, 1]}, level=level), "ncs")
    )
    assert found.loc["mg", AREA]["verdict"] == "gain"
    assert found.loc["mg", AREA]["difference"] == less.loc["mg", AREA]["difference"]
    assert set(found["note"]) == {"without 0.05 of the subjects (not feasible)"}


def test_the_order_in_which_labels_are_written_does_not_count():
    turned = made_up(labels=CURVE | {"label_fraction": [1, 0.25, 0.05, 0.5, 0.1]}, level=level)
    usual = made_up(labels=CURVE | {"label_fraction": list(FRACTIONS)}, level=level)
    found, usual = table(areas(turned, "ncs")), table(areas(usual, "ncs"))
    pd.testing.assert_frame_equal(found.drop(columns="keys"), usual.drop(columns="keys"))


def test_a_start_that_has_begun_says_how_far_it_is():
    def only_first(run):
        return run.start == "jig" and (run.keys.get("label_fraction", 1), run.seed) != (0.05, 0)

    found = table(areas(made_up("labels", level=level, without=only_first), "ncs"))
    assert found.loc["jig", AREA]["verdict"] == "incomplete: 16 of 30 runs"
    assert "mean" not in found.loc["jig", AREA].dropna()
