"""Words of a study of few labels: a known effect is told, none is not, nothing before its time."""

import random
import re
from dataclasses import replace

import numpy as np

from medssl.study.tables.beyond import BEYOND
from medssl.study.tables.in_words import label_words
from medssl.study.tables.subsets import near

from ..made_up import made_up

HIPPOCAMPUS = "hippocampus.yaml"
HELPS, HARMS = {"mg": 0.1}, {"jig": -0.1}
SIDES = {"ae": 0.1, "mg": 0.1, "jig": -0.1}


def with_effect(effects, drift=0.0):
    """Dice of each run: scattered by run, better or worse by the effects, more so at few labels."""

    def level(run):
        fraction = run.keys.get("label_fraction", 1)
        chance = random.Random(f"{run.start} {run.seed} {fraction}").uniform(-0.02, 0.02)
        part = drift * (run.keys.get("transfer_parts") == ["encoder"])
        return 0.5 + 0.2 * fraction + chance + effects.get(run.start, 0) * (1.5 - fraction) + part

    return level


def words(store, labels=None):
    """Of the store with chance in every case: patients do not agree by themselves."""
    chance = np.random.default_rng(0).normal(0, 0.05, len(store.cases))
    cases = store.cases.assign(value=store.cases["value"] + chance)
    return label_words(replace(store, cases=cases), labels)


def test_a_known_effect_is_told_with_its_size_and_how_sure_it_is():
    over_all, *levels = words(
        made_up("labels", file=HIPPOCAMPUS, level=with_effect({**HELPS, **HARMS}))
    )
    assert over_all.sure == "strong"
    gain, loss, rest = over_all.advice.split("; ")
    assert gain.startswith("Gain with mg +0.1")
    assert loss.startswith("loss with jig -0.1")
    assert rest == "no evidence of gain with rot, rpl, rkb, rkbp, ae, pcrl, simclr and byol."
    first, last = over_all.evidence[0], over_all.evidence[-1]
    assert first[0] == "hippocampus"
    assert first[1].startswith("mg +0.1")
    tested = r"15 runs of 3 seeds, 12 patients, p after Holm 0\.00488, false claim \S+: gain$"
    assert re.search(tested, first[1])
    assert last[1].endswith(": loss")
    assert len(levels) == 5
    assert levels[0].topic == "parts: does any start help at 1 subject (2 cases)?"
    assert levels[0].advice.startswith("The highest difference from scratch is that of mg +0.1")
    assert {line.sure for line in levels} == {"described, not tested"}
    assert all("gain" not in str(line) for line in levels)


def test_without_an_effect_nothing_is_claimed():
    over_all, *_ = words(made_up("labels", file=HIPPOCAMPUS, level=with_effect({})))
    assert over_all.sure == "no evidence of gain"
    assert over_all.advice == (
        "No evidence of gain with rot, rpl, jig, rkb, rkbp, ae, mg, pcrl, simclr and byol."
    )


def test_no_verdict_on_what_is_incomplete_and_it_is_counted():
    def gone(run):
        return run.kind == "finetune" and (run.start, run.seed) == ("jig", 2)

    store = made_up("labels", file=HIPPOCAMPUS, level=with_effect({**HELPS, **HARMS}), without=gone)
    over_all, *levels = words(store)
    assert over_all.advice.startswith("Gain with mg")
    assert over_all.advice.endswith("no verdict yet on jig, as 160 of 165 runs are there.")
    (jig,) = (says for _, says in over_all.evidence if says.startswith("jig"))
    assert jig.endswith("10 runs of 2 seeds, 12 patients: incomplete: 25 of 30 runs")
    assert {line.sure for line in levels} == {"no verdict yet"}
    assert levels[0].advice == "No verdict before all is run: 32 of 33 runs are there."
    assert not any("jig" in says for line in levels for _, says in line.evidence)


def test_a_case_without_a_value_takes_no_answer():
    """A lesion that one run does not see at all has no distance, and the rest is still judged."""
    store = made_up("labels", file=HIPPOCAMPUS, level=with_effect(HELPS))
    key = next(k for k in store.runs.index if store.plan.runs[k].start == "mg" and len(store.of(k)))
    lost = (store.cases["key"] == key) & (store.cases["case"] == store.cases["case"].iloc[0])
    assert lost.any()
    holes = replace(store, cases=store.cases.assign(value=store.cases["value"].mask(lost)))
    over_all, *levels = words(holes)
    assert over_all.advice.startswith("Gain with mg")
    assert all(line.sure == "described, not tested" for line in levels)
    assert all(len(line.evidence) == 10 for line in levels)


def test_of_distances_the_lowest_is_named_first():
    plain = made_up("labels", file=HIPPOCAMPUS, level=with_effect({**HELPS, **HARMS}))
    tasks = {name: {**task, "metric": "hd95"} for name, task in plain.plan.tasks.items()}
    cases = plain.cases.assign(metric=plain.cases["metric"].replace("dice", "hd95"))
    over_all, first, *_ = words(replace(plain, plan=replace(plain.plan, tasks=tasks), cases=cases))
    gain, loss, _ = over_all.advice.split("; ")
    assert gain.startswith("Gain with jig -0.1")
    assert loss.startswith("loss with mg +0.1")
    assert over_all.evidence[0][1].startswith("jig -0.1")
    said = "The lowest (lower is better) difference from scratch is that of jig -"
    assert first.advice.startswith(said)


def test_what_is_not_feasible_is_said_and_not_waited_for():
    store = made_up("labels", file=HIPPOCAMPUS, level=with_effect(HELPS))
    jig = [key for key, run in store.plan.runs.items() if run.start == "jig"]
    never = dict.fromkeys(jig, "too few")
    there = store.runs.drop(index=jig)
    over_all, *levels = words(replace(store, runs=there, infeasible=never))
    assert over_all.advice.endswith("; not feasible with jig.")
    assert all(line.sure == "described, not tested" for line in levels)


def test_before_anything_is_run_there_is_nothing_but_the_count():
    over_all, *levels = words(made_up("labels", file=HIPPOCAMPUS, without=lambda run: True))
    assert over_all.sure == "no verdict yet"
    assert over_all.advice.endswith("simclr and byol, as 0 of 165 runs are there.")
    assert {says.split(": ", 1)[1] for _, says in over_all.evidence} == {"not run"}
    assert levels[0].topic == "parts: does any start help at 0.035?"
    assert levels[0].evidence == ()


def test_what_to_hand_over_is_told_in_the_same_way():
    (table,) = (each for each in BEYOND if each.name == "handed_over")
    given = {"file": HIPPOCAMPUS, "level": with_effect({}, drift=-0.2)}
    few, more = table.said(made_up("labels", "handed_over", **given))
    assert few.topic == "parts: does the encoder alone do as well at 1 subject (2 cases)?"
    assert "The highest difference from encoder and decoder is that of" in few.advice
    assert few.advice.endswith("; the intervals of ae, mg and pcrl lie below 0.")
    assert all(" -0.2" in says or " -0.1" in says for _, says in few.evidence)
    assert len(few.evidence) == len(more.evidence) == 3

    def gone(run):
        own = run.start, run.seed, run.keys.get("label_fraction")
        return own == ("mg", 0, 0.035) and "transfer_parts" in run.keys

    few, more = table.said(made_up("labels", "handed_over", without=gone, **given))
    assert few.advice == "No verdict before all is run: 17 of 18 runs are there."
    assert {says.split()[0] for _, says in few.evidence} == {"ae", "pcrl"}
    assert more.sure == "described, not tested"


def test_the_number_of_labels_that_is_nearest_as_a_ratio_is_shown_alone():
    store = made_up("labels", file=HIPPOCAMPUS, level=with_effect({}))
    said = words(store, 11)
    assert len(said) == 2
    assert said[1].topic.endswith("at 7 subjects (14 cases)?")
    assert near(store, {}, 5) == {}
    nothing = made_up("labels", file=HIPPOCAMPUS, without=lambda run: True)
    assert len(words(nothing, 11)) == 6


def test_differences_on_both_sides_of_nothing_are_told_apart():
    store = made_up("labels", level=lambda run: 0.5 + SIDES.get(run.start, 0), file=HIPPOCAMPUS)
    said = {line.advice for line in label_words(store)[1:]}
    (advice,) = {words.split("; ")[1] for words in said}
    assert advice == "the intervals of ae and mg lie above 0, the interval of jig lies below 0."
