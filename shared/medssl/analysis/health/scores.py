"""Checks of validation figures: against chance, collapse and answers that need no learning."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from scipy.stats import binomtest

from .beside import hardest, named
from .findings import BAD, OK, UNKNOWN, WARN, Finding
from .reference import MetricReference

COVERAGE = 0.95
SPREAD = (0.02, 0.1)
RANK = (1.5, 3.0)


def check_chance(
    name: str, value: float | None, reference: MetricReference, due: bool = True
) -> Finding:
    """A share of right answers against guessing, by an exact binomial interval.

    Crops of one scan resemble each other, so the true interval is somewhat wider.

    Args:
        name: of the metric.
        value: its latest value in [0, 1], or None.
        reference: chance level and number of trials.
        due: whether the run has had the steps to learn.
    """
    check, chance, trials = f"{name} against chance", reference.chance, reference.trials
    healthy = f"above {chance:.3g}"
    if value is None or trials < 1:
        return Finding(check, "-", healthy, UNKNOWN, f"a validation that reports {name}")
    right = min(round(value * trials), trials)
    interval = binomtest(right, trials).proportion_ci(COVERAGE)
    saw = f"{value:.3f} [{interval.low:.3f}, {interval.high:.3f}], n={trials}"
    if interval.low > chance:
        return _against_expected(check, saw, healthy, value, reference, due)
    if interval.high < chance:
        advice = "worse than guessing: validate on other scans; look for a label mix-up"
        return Finding(check, saw, healthy, BAD, advice)
    if not due:
        return Finding(check, saw, healthy, WARN, "not above guessing yet; train on, look again")
    if interval.high >= reference.learned:
        missing = "more held-out samples (crops_per_scan) to tell learning from guessing"
        return Finding(check, saw, healthy, UNKNOWN, missing)
    advice = "check that the task can be seen in the crops; change learning_rate; train longer"
    return Finding(check, saw, healthy, BAD, advice)


def _against_expected(
    check: str, saw: str, healthy: str, value: float, reference: MetricReference, due: bool
) -> Finding:
    expected = reference.expected
    if expected is None or not due:
        return Finding(check, saw, healthy, OK)
    healthy += f", by now {expected}"
    if value >= expected.low:
        return Finding(check, saw, healthy, OK)
    advice = f"slower than the reference run ({expected.origin}); compare the settings"
    return Finding(check, saw, healthy, WARN, advice)


def check_collapse(spread: float | None, effective_rank: float | None) -> list[Finding]:
    """Do the features differ from crop to crop?

    Args:
        spread: mean standard deviation per coordinate of unit-length features, times the root of
            their number: 0 for equal features, 1 for features uniform on the sphere (Chen & He,
            SimSiam, 2021, section 4.1).
        effective_rank: exponential of the entropy of the normalised singular values (Roy &
            Vetterli 2007): 1 for features on a line.
    """
    advice = "lower learning_rate; raise batch_size; check that the two views differ"
    return [
        _above("feature spread", spread, SPREAD, advice),
        _above("effective rank", effective_rank, RANK, advice),
    ]


def _above(name: str, value: float | None, limits: tuple[float, float], advice: str) -> Finding:
    bad, warn = limits
    healthy = f"above {warn:g}"
    if value is None:
        missing = f"held-out crops (--data DIR), or a validation that reports {name}"
        return Finding(name, "-", healthy, UNKNOWN, missing)
    saw = f"{value:.3g}"
    if value >= warn:
        return Finding(name, saw, healthy, OK)
    if value >= bad:
        return Finding(name, saw, healthy, WARN, "nearly collapsed: " + advice)
    return Finding(name, saw, healthy, BAD, "collapsed: " + advice)


def check_skill(metrics: Mapping[str, float], name: str = "skill", due: bool = True) -> Finding:
    """Has the network learnt more than an answer that takes no learning?

    Args:
        metrics: of the latest validation, or of an evaluation.
        name: of the skill among them.
        due: whether the run has had the steps to learn.
    """
    healthy = "above 0"
    value, low = metrics.get(name), metrics.get(f"{name}_low")
    if value is None:
        return Finding(
            name, "-", healthy, UNKNOWN, "a validation, or an evaluation, that reports it"
        )
    if low is None or isnan(low):
        return Finding(
            name, f"{value:.3f}", healthy, UNKNOWN, "held-out crops of two scans or more"
        )
    saw = f"{value:.3f} [{low:.3f}, {metrics[f'{name}_high']:.3f}]{_scans(metrics, name)}"
    if low > 0:
        return Finding(name, saw, healthy, OK)
    rows = hardest(metrics, name)
    if rows and all(row.best[1] == 1 for row in rows):
        advice = f"nothing is left to learn: {rows[0].best[0]} is perfect; take more held-out crops"
        return Finding(name, saw, healthy, UNKNOWN, advice)
    beaten = named(rows) if rows else "a trivial answer"
    advice = f"has not learnt more than {beaten}: train longer; change learning_rate"
    return Finding(name, saw, healthy, BAD if due and value <= 0 else WARN, advice)


def _scans(metrics: Mapping[str, float], name: str) -> str:
    """In how many scans the skill is above 0, with an exact interval (Clopper-Pearson)."""
    scans, above = metrics.get(f"{name}_scans"), metrics.get(f"{name}_scans_above")
    if not scans or above is None:
        return ""
    interval = binomtest(round(above), round(scans)).proportion_ci(COVERAGE)
    return f", in {above:.0f} of {scans:.0f} scans [{interval.low:.2f}, {interval.high:.2f}]"
