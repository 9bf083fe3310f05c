"""Every check gives every verdict it can give, on curves and figures made for it."""

import numpy as np
import pytest

from medssl.analysis.health.curves import (
    check_finite,
    check_stability,
    check_start,
    check_trend,
    check_waiting,
)
from medssl.analysis.health.findings import BAD, OK, UNKNOWN, WARN, Finding, table
from medssl.analysis.health.reference import Band, MetricReference
from medssl.analysis.health.scores import (
    best_trivial,
    check_chance,
    check_collapse,
    check_skill,
)
from medssl.engines import StepTime

BAND = Band(2.0, 3.0, "theory")
TEN = MetricReference(chance=0.1, trials=200, origin="theory: ten classes")


def curve(shape, steps=400, noise=0.1, seed=0):
    """Losses by iteration: a shape over [0, 1] with Gaussian noise."""
    values = shape(np.linspace(0, 1, steps)) + np.random.default_rng(seed).normal(0, noise, steps)
    return dict(enumerate(values.tolist(), start=1))


def falling(x):
    return 1 + 1.5 * np.exp(-5 * x)


def flat(x):
    return np.full_like(x, 2.3)


def rising(x):
    return 1 + x


def diverging(x):
    return np.where(x < 0.6, falling(x), 1 + 8 * (x - 0.6))


def spiky(losses, every):
    return {step: loss * (20 if step % every == 0 else 1) for step, loss in losses.items()}


def test_nan_is_bad():
    losses = curve(falling)
    assert check_finite(losses).verdict == OK
    found = check_finite({**losses, 7: float("nan"), 9: float("inf")})
    assert (found.verdict, found.saw) == (BAD, "NaN or inf from step 7")


@pytest.mark.parametrize(
    ("level", "verdict", "advice"),
    [(2.3, OK, ""), (1.0, WARN, "too low"), (9.0, WARN, "too high")],
)
def test_start(level, verdict, advice):
    found = check_start(curve(lambda x: np.full_like(x, level), steps=12), BAND)
    assert found.verdict == verdict
    assert advice in found.advice


def test_start_needs_a_band_and_the_first_steps():
    assert check_start(curve(flat), None).verdict == UNKNOWN
    assert check_start(curve(flat, steps=5), BAND).verdict == UNKNOWN
    assert check_start({step + 100: 2.3 for step in range(50)}, BAND).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("shape", "due", "verdict"),
    [(falling, True, OK), (rising, False, BAD), (flat, True, BAD), (flat, False, WARN)],
)
def test_trend(shape, due, verdict):
    assert check_trend(curve(shape), due=due).verdict == verdict


def test_trend_of_a_loss_that_may_rise_and_of_a_short_run():
    assert check_trend(curve(rising), falls=False).verdict == OK
    assert check_trend(curve(falling, steps=5)).verdict == UNKNOWN


def test_trend_is_not_fooled_by_spikes():
    losses = curve(falling)
    losses[400] = losses[399] = 1e6
    assert check_trend(losses).verdict == OK


def test_flat_noise_is_seldom_called_falling():
    """A test at 5 % with two sides calls noise falling in about 2.5 % of the runs."""
    calls = [check_trend(curve(flat, seed=seed)).verdict for seed in range(300)]
    assert calls.count(OK) <= 18  # 1 in 1000 binomial samples with p = 0.025 has more


def test_stability():
    assert check_stability(curve(falling)).verdict == OK
    assert check_stability(curve(diverging)).verdict == BAD
    assert check_stability(spiky(curve(falling), every=10)).verdict == WARN
    assert check_stability(spiky(curve(falling), every=100)).verdict == OK
    assert check_stability(curve(falling, steps=20)).verdict == UNKNOWN
    assert check_stability(curve(diverging), falls=False).verdict == OK


@pytest.mark.parametrize(("wait_s", "verdict"), [(0.005, OK), (0.05, WARN), (0.5, BAD)])
def test_waiting(wait_s, verdict):
    times = {1: StepTime(60.0, 0.1), **{step: StepTime(wait_s, 0.1) for step in range(2, 30)}}
    assert check_waiting(times).verdict == verdict


def test_waiting_needs_times():
    assert check_waiting({}).verdict == UNKNOWN


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


def test_the_hardest_trivial_answer_is_named():
    assert best_trivial(SKILL) == ("copying the input", 0.02)
    shares = {"retrieval_chance": 0.1, "retrieval_histogram": 0.4, "retrieval_voxels": 0.2}
    assert best_trivial(shares) == ("grey-value histograms", 0.4)
    assert best_trivial({"accuracy": 0.5}) is None


def test_table_shows_every_cell_and_the_advice():
    text = table([Finding("loss", "1.5", "falling", OK), Finding("rank", "1", "above 3", BAD, "x")])
    lines = text.splitlines()
    assert lines[0].split() == ["check", "saw", "healthy", "verdict"]
    assert lines[2].split() == ["loss", "1.5", "falling", "ok"]
    assert lines[-1].strip() == "try: x"
