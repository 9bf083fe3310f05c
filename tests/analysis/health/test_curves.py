"""Every check of the curve gives every verdict it can give, on curves made for it."""

import numpy as np
import pytest

from medssl.analysis.health.curves import (
    check_finite,
    check_stability,
    check_start,
    check_trend,
    check_waiting,
)
from medssl.analysis.health.findings import BAD, OK, UNKNOWN, WARN
from medssl.analysis.health.reference import Band
from medssl.engines import StepTime

BAND = Band(2.0, 3.0, "theory")


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
