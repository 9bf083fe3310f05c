"""Advice fits the case, names its sources, and one's own runs go first."""

import json

import pytest

from medssl.analysis.advice import advise
from medssl.analysis.advice.advise import EVIDENCE, applies
from medssl.commands import Weights
from medssl.errors import UserError

RULES = json.loads(EVIDENCE.read_text(encoding="utf-8"))["rules"]


def topics(*given, **options):
    return [line.topic for line in advise(*given, **options).lines]


@pytest.mark.parametrize(
    ("when", "asked", "holds"),
    [
        ({}, {}, True),
        ({"task": "a"}, {"task": "b"}, False),
        ({"labels": [0, 50]}, {"labels": 49}, True),
        ({"labels": [0, 50]}, {"labels": 50}, False),
        ({"labels": [50, None]}, {"labels": 50}, True),
        ({"labels": [50, None]}, {"labels": 49}, False),
        ({"imbalance": [0, 0.05]}, {"imbalance": None}, False),
        ({"task": "a", "imbalance": [0, 0.05]}, {"task": "a", "imbalance": 0.01}, True),
    ],
)
def test_a_rule_applies_if_all_its_conditions_hold(when, asked, holds):
    assert applies(when, asked) is holds


def test_every_rule_has_sources_and_says_how_sure_it_is():
    for rule in RULES:
        assert rule["sure"].split()[0] in ("strong", "weak", "contested")
        assert rule["evidence"]
        assert all(each["source"] and each["says"] for each in rule["evidence"])
        assert set(rule["when"]) <= {"task", "labels", "imbalance"}


def test_what_is_contested_names_both_sides():
    for rule in RULES:
        if rule["sure"] == "contested":
            assert len(rule["evidence"]) >= 2


@pytest.mark.parametrize("task", ["segmentation", "classification"])
@pytest.mark.parametrize("labels", [1, 50, 51, 5000])
def test_every_case_is_told_what_to_expect_to_take_and_to_hand_over(task, labels):
    found = topics(task, labels)
    assert {"what to expect", "method", "hand over", "schedule", "size", "leaks"} <= set(found)


def test_resampling_is_for_imbalanced_classes_alone():
    assert "resampling" not in topics("classification", 20)
    assert topics("classification", 20, 0.01).count("resampling") == 1
    assert topics("classification", 20, 0.05).count("resampling") == 1
    assert "resampling" not in topics("segmentation", 20, 0.01)
    assert "rare class" in topics("segmentation", 20, 0.01)


def test_the_patch_is_named():
    assert "[64, 64, 32] voxels" in str(advise("segmentation", 20, patch=(64, 64, 32)))


def comparison(folder, metric="dice", **verdicts):
    others = [
        {
            "name": name,
            "difference": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1},
            "seeds": 3,
            "patients": 40,
            "p_adjusted": 0.01,
            "verdict": verdict,
        }
        for name, (mean, verdict) in verdicts.items()
    ]
    path = folder / "compare.json"
    path.write_text(json.dumps({"metric": metric, "baseline": "scratch", "others": others}))
    return path


def test_own_runs_go_first_and_only_a_gain_is_advised(tmp_path, capsys):
    path = comparison(
        tmp_path, rot=(0.3, "no evidence of gain"), mg=(0.1, "gain"), ae=(0.2, "gain")
    )
    Weights().advise("segmentation", 20, patch=(64, 64, 32), own=str(path))
    first, *_ = capsys.readouterr().out.split("\n\n")
    assert first.startswith("your own runs (strong)\n  ae: the highest dice that is a gain.")
    said = " ".join(first.split())
    assert "mg less scratch +0.100 [0.000, 0.200], 3 runs, 40 patients" in said
    path = comparison(tmp_path, rot=(0.3, "no evidence of gain"))
    line = advise("segmentation", 20, own=[path]).lines[0]
    assert line.advice == "No evidence that a start is better than scratch."


def test_where_lower_is_better_the_largest_fall_goes_first(tmp_path):
    path = comparison(tmp_path, "hd95", rot=(0.3, "loss"), mg=(-0.1, "gain"), ae=(-0.2, "gain"))
    line = advise("segmentation", 20, own=[path]).lines[0]
    assert line.advice == "ae: the lowest hd95 that is a gain."
    first, second, last = (says for _, says in line.evidence)
    assert first.startswith("ae less scratch -0.200 [")
    assert (second[:2], last[:3]) == ("mg", "rot")


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (("detection", 5), {}, "task: detection, expected one of segmentation"),
        (("segmentation", 0), {}, "labels: 0"),
        (("segmentation", 5, 1.5), {}, "imbalance: 1.5"),
        (("segmentation", 5), {"patch": (64, 64, 30)}, "divide by 8"),
        (("segmentation", 5), {"patch": (64, 64)}, "three voxel counts"),
        (("segmentation", 5), {"own": ["none.json"]}, "none.json: no such file"),
    ],
)
def test_questions_that_make_no_sense_are_refused(given, options, words):
    with pytest.raises(UserError, match=words):
        advise(*given, **options)


def test_another_json_is_no_comparison(tmp_path):
    (tmp_path / "a.json").write_text('{"others": [{"name": "x"}]}')
    with pytest.raises(UserError, match="not of `medssl analyse compare --json`"):
        advise("segmentation", 5, own=[tmp_path / "a.json"])
