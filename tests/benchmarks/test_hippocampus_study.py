"""Advice at any number of labels is what the study says there, and nothing is said too early."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from math import sqrt
from types import SimpleNamespace

import pytest

import hippocampus_study
from hippocampus_study import findings, refuse_unfinished, rules, turns
from hippocampus_study_page import section
from measured import made_now
from medssl.analysis.advice import Line, advise
from medssl.analysis.advice.advise import MEASURED, applies
from medssl.study.tables.beyond import BEYOND

from ..study.made_up import made_up

EXPERIMENTS = ("labels", "frozen", "handed_over", "scheme", "augmentation")


def level(run):
    """Models Genesis helps where labels are few, and less by its encoder alone."""
    few = run.keys.get("label_fraction", 1.0) < 0.1
    return 0.5 + (run.start == "mg") * few * (0.05 if "transfer_parts" in run.keys else 0.1)


@pytest.fixture(scope="module", autouse=True)
def few_null_studies():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hippocampus_study, "NULL_STUDIES", 2)
        yield


@pytest.fixture(scope="module")
def store():
    found = made_up(
        *EXPERIMENTS, level=level, figures=lambda run: {"skill": 0.4}, file="hippocampus.yaml"
    )
    return replace(found, runs=found.runs.assign(seconds=60.0))


def test_each_number_of_labels_is_told_what_the_study_says_there(store):
    found = rules(store)
    for labels in (*range(1, 60), 1000):
        asked = {"task": "segmentation", "labels": labels, "imbalance": None}
        told = {(r["topic"], r["advice"]) for r in found if applies(r["when"], asked)}
        said = [line for table in BEYOND for line in table.said(store, labels)]
        assert told == {(f"this project's study, {line.topic}", line.advice) for line in said}


def test_the_nearest_level_changes_at_the_geometric_mean(store):
    cases = [2, 4, 6, 14, 40]  # 2 of each subject of 20, by the fractions of the study
    first = turns(store)
    assert first[0] == 1
    assert all(low < bound for low, bound in pairwise(first))
    near = [bound for bound in first if cases[-2] < bound <= cases[-1]]
    assert near[-1] > sqrt(cases[-2] * cases[-1]) >= near[-1] - 1


def test_of_a_long_ranking_both_ends_are_named(store):
    (over_all,) = [r for r in rules(store) if "over all numbers" in r["topic"]]
    assert over_all["when"] == {"task": "segmentation", "labels": [1, None]}
    says = [each["says"] for each in over_all["evidence"]]
    assert len(says) == 4
    assert says[0].startswith("mg +")
    assert over_all["sure"] == "strong, of one data set"


def test_nothing_is_said_before_all_is_run(store):
    refuse_unfinished(store)
    key = next(key for key, run in store.plan.runs.items() if run.kind == "finetune")
    with pytest.raises(SystemExit, match="1 runs are missing, 1 of them fine-tunings"):
        refuse_unfinished(replace(store, runs=store.runs.drop(index=key)))


def test_a_run_that_is_not_feasible_is_waited_for_no_longer_and_told(store):
    key = next(key for key, run in store.plan.runs.items() if run.kind == "finetune")
    without = replace(store, runs=store.runs.drop(index=key), infeasible={key: "too few cases"})
    refuse_unfinished(without)
    report = json.loads(json.dumps({**findings(without), **made_now()}, allow_nan=False))
    assert f"- not feasible: {key}: too few cases\n" in section(report)
    assert f"- not feasible: {key}" not in section({**report, "infeasible": {}})


def test_what_is_said_of_two_ranges_is_not_said_between_them(store, monkeypatch):
    few, *_, many = turns(store)
    line = Line("where", "says so", "strong", ())
    said = SimpleNamespace(said=lambda _, labels: [line] * (labels in (few, many)))
    monkeypatch.setattr(hippocampus_study, "BEYOND", [said])
    ranges = [rule["when"]["labels"] for rule in rules(store)]
    assert ranges == [[few, turns(store)[1]], [many, None]]


def test_the_section_has_what_the_study_has_found(store):
    report = json.loads(json.dumps({**findings(store), **made_now()}, allow_nan=False))
    text = section(report)
    assert f"{len(store.plan.runs)} runs; figures" in text
    assert "something would be claimed in 0 of 2 simulated studies" in text
    assert "12 test cases of 12 subjects,\n3 seeds;" in text
    mg = next(line for line in text.splitlines() if line.startswith("| mg | +0.400 |"))
    assert re.search(r"\| 0\.\d{3} \| 0\.\d{3} \| gain \|$", mg)
    assert "| +0.100 [" in mg
    scratch = next(line for line in text.splitlines() if line.startswith("| scratch |"))
    assert scratch.endswith("|  |  | baseline |")
    assert "- *parts: does the encoder alone do as well at" in text
    assert text.count("| +0.400 |") == 10
    assert "**" not in text
    assert "{" not in text


def test_a_start_that_is_not_feasible_at_all_has_its_line(store):
    """The page is made of what there is, after the JSON was written."""
    jig = {key: "too few" for key, run in store.plan.runs.items() if run.start == "jig"}
    without = replace(store, runs=store.runs.drop(index=list(jig)), infeasible=jig)
    refuse_unfinished(without)
    report = json.loads(json.dumps({**findings(without), **made_now()}, allow_nan=False))
    line = next(line for line in section(report).splitlines() if line.startswith("| jig |"))
    assert line.count("not feasible") == 7


def test_seeds_that_are_missing_are_told_beside_the_curve(store):
    key = next(k for k, r in store.plan.runs.items() if r.kind == "finetune" and r.start == "jig")
    without = replace(store, runs=store.runs.drop(index=key), infeasible={key: "too few"})
    report = json.loads(json.dumps({**findings(without), **made_now()}, allow_nan=False))
    assert "- without seed 0 (not feasible: too few): jig (parts dice, area" in section(report)


def test_between_two_levels_as_far_from_both_the_smaller_one_is_meant(store, monkeypatch):
    """5 and 20 cases: at 10 the first, from 11 on the second."""
    monkeypatch.setattr(hippocampus_study, "mean_cases", lambda *_: {0.1: 5.0, 0.2: 20.0})
    assert turns(store) == [1, 11]


def test_advice_has_what_is_measured_before_what_others_published():
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))["rules"]
    found = advise("segmentation", 20).lines
    asked = {"task": "segmentation", "labels": 20, "imbalance": None}
    own = [rule["topic"] for rule in measured if applies(rule["when"], asked)]
    assert [line.topic for line in found[: len(own)]] == own
    assert found[len(own)].topic == "what to expect"
