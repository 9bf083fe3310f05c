"""Every check of figures gives every verdict it can give."""

import pytest

from medssl.analysis.health.findings import BAD, OK, UNKNOWN, WARN
from medssl.analysis.health.reference import Band, MetricReference
from medssl.analysis.health.scores import (
    check_chance,
    check_collapse,
    check_skill,
)

TEN = MetricReference(chance=0.1, trials=200, origin="theory: ten classes")


@pytest.mark.parametrize(
    ("accuracy", "due", "verdict"),
    [
        (0.30, True, OK),
        (0.10, False, WARN),
        (0.10, True, BAD),
        (0.02, False, BAD),
        (None, True, UNKNOWN),
    ],
)
def test_chance(accuracy, due, verdict):
    assert check_chance("accuracy", accuracy, TEN, due).verdict == verdict


def test_chance_with_few_samples_decides_nothing():
    few = MetricReference(chance=0.1, trials=16, origin="theory")
    found = check_chance("accuracy", 2 / 16, few)
    assert (found.verdict, "crops_per_scan" in found.advice) == (UNKNOWN, True)


def test_chance_interval_is_the_exact_one():
    """Clopper-Pearson for 30 of 200: 0.1037 to 0.2071 (R: binom.test(30, 200))."""
    assert "[0.104, 0.207]" in check_chance("accuracy", 0.15, TEN).saw


def test_slower_than_the_reference_run():
    expected = Band(0.6, 0.9, "python benchmarks/health.py")
    reference = MetricReference(0.1, 200, "theory", expected)
    assert check_chance("accuracy", 0.7, reference).verdict == OK
    found = check_chance("accuracy", 0.3, reference)
    assert (found.verdict, "benchmarks/health.py" in found.advice) == (WARN, True)
    assert check_chance("accuracy", 0.3, reference, due=False).verdict == OK


@pytest.mark.parametrize(
    ("spread", "rank", "verdicts"),
    [
        (0.3, 20.0, [OK, OK]),
        (0.05, 2.0, [WARN, WARN]),
        (0.001, 1.0, [BAD, BAD]),
        (None, None, [UNKNOWN, UNKNOWN]),
    ],
)
def test_collapse(spread, rank, verdicts):
    assert [found.verdict for found in check_collapse(spread, rank)] == verdicts


SKILL = {"mse": 0.01, "mse_constant": 0.03, "mse_copy": 0.02, "corrupted_mse_copy": 0.001}


@pytest.mark.parametrize(
    ("skill", "low", "due", "verdict"),
    [
        (0.5, 0.3, True, OK),
        (0.2, -0.1, True, WARN),
        (-0.2, -0.5, True, BAD),
        (-0.2, -0.5, False, WARN),
        (0.5, float("nan"), True, UNKNOWN),
    ],
)
def test_skill_counts_where_its_interval_lies_above_nothing(skill, low, due, verdict):
    metrics = {**SKILL, "skill": skill, "skill_low": low, "skill_high": skill + 0.1}
    found = check_skill(metrics, due=due)
    assert found.verdict == verdict
    if verdict in (WARN, BAD):
        assert "has not learnt more than copying the input (0.02)" in found.advice


def test_nothing_is_judged_where_a_trivial_answer_is_perfect():
    metrics = {"retrieval_chance": 0.25, "retrieval_histogram": 1.0}
    metrics |= {"skill": 0.0, "skill_low": 0.0, "skill_high": 0.0}
    found = check_skill(metrics)
    assert found.verdict == UNKNOWN
    assert "grey-value histograms is perfect; take more held-out crops" in found.advice


def test_skill_needs_a_validation():
    assert check_skill({}).verdict == UNKNOWN


def test_answers_of_puzzles_and_of_partners_are_named():
    puzzle = {"accuracy_order_chance": 0.01, "accuracy_order_trivial": 0.02}
    puzzle |= {"accuracy_rotation_trivial": 0.51, "accuracy_mask_trivial": 0.9}
    lost = {"skill": -0.1, "skill_low": -0.2, "skill_high": 0.1}
    advice = check_skill({**puzzle, **lost}).advice
    assert "than the most frequent answer (order 0.02, rotation 0.51): train longer" in advice
    partners = {"retrieval_chance": 0.1, "retrieval_voxels": 0.3, "mse_copy": 0.02}
    lost = {f"retrieval_{name}": value for name, value in lost.items()}
    advice = check_skill({**partners, **lost}, "retrieval_skill").advice
    assert "than averaged voxels (0.3): train longer" in advice


def test_scans_with_skill_have_an_exact_interval():
    """Clopper-Pearson for 9 of 9: 0.664 to 1 (R: binom.test(9, 9))."""
    skill = {"skill": 0.3, "skill_low": 0.1, "skill_high": 0.5}
    counts = {"skill_scans": 9, "skill_scans_above": 9}
    assert check_skill(skill).saw == "0.300 [0.100, 0.500]"
    assert check_skill({**skill, **counts}).saw.endswith(", in 9 of 9 scans [0.66, 1.00]")
