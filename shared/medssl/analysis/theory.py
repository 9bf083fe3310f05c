"""Theorems 1 and 2 of the paper by simulation, beside their printed and their corrected forms.

The setting (section 4.1): one feature, normal in each class with means ``mu1`` (rare, positive) and
``mu2`` and the same standard deviation ``sigma``; ``ratio`` positives for each negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from ..errors import UserError
from .pictures import new_figure, save_figure

RATIOS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15)  # of the paper's experiments
DISTANCES = (1.0, 2.0, 3.0, 4.0, 5.0)
DRAWS = 200_000


@dataclass(frozen=True)
class Threshold:
    """Theorem 1: how often the middle of two estimated class means is farther off than ``t``.

    Attributes:
        positives, negatives: numbers of samples.
        t: in standard deviations.
        simulated: share of the draws.
        exact: from the normal distribution of the estimate.
        corrected: ``2 exp(-2 t^2 N+ N- / (N+ + N-))``.
        printed: ``2 exp(-t^2 / 2 N+ N- / (N+ + N-))``, valid but four times less in the exponent.
    """

    positives: int
    negatives: int
    t: float
    simulated: float
    exact: float
    corrected: float
    printed: float


def theorem_1(
    positives: int, negatives: int, t: float, draws: int = DRAWS, seed: int = 0
) -> Threshold:
    """Probability that half the sum of the class means is off by more than ``t`` (sigma 1).

    Args:
        positives, negatives: numbers of samples, above 0.
        t: distance in standard deviations, above 0.
        draws: of both classes' means.
        seed: of the draws.

    Raises:
        UserError: a number that is not above 0.
    """
    if min(positives, negatives) < 1 or t <= 0:
        raise UserError(f"theorem 1: {positives}, {negatives}, t {t:g}; expected numbers above 0")
    rng = np.random.default_rng(seed)
    means = (rng.normal(0, n**-0.5, draws) for n in (positives, negatives))
    off = sum(means) / 2
    weight = positives * negatives / (positives + negatives)
    scatter = 0.5 * weight**-0.5
    return Threshold(
        positives,
        negatives,
        t,
        float((np.abs(off) > t).mean()),
        float(2 * norm.sf(t / scatter)),
        float(2 * np.exp(-2 * t**2 * weight)),
        float(2 * np.exp(-(t**2) / 2 * weight)),
    )


@dataclass(frozen=True)
class Errors:
    """Theorem 2: errors of the optimal classifier, of the rare and of the frequent class.

    Attributes:
        ratio: positives for each negative.
        distance: of the means, in standard deviations.
        rare, frequent: exact.
        simulated_rare, simulated_frequent: shares of the draws.
        bound_rare, bound_frequent: ``ratio^(-1/2) e^-D`` and ``ratio^(1/2) e^-D``, D the squared
            distance by 8; above 1 a bound says nothing.
        printed_rare, printed_frequent: exact errors at the threshold as printed, with the sum of
            the means in place of their difference, for means at ``middle`` -+ half the distance.
    """

    ratio: float
    distance: float
    rare: float
    frequent: float
    simulated_rare: float
    simulated_frequent: float
    bound_rare: float
    bound_frequent: float
    printed_rare: float
    printed_frequent: float


def theorem_2(
    ratio: float, distance: float, middle: float = 2.0, draws: int = DRAWS, seed: int = 0
) -> Errors:
    """Errors where the classes' densities, weighted by their shares, are equal (sigma 1).

    Args:
        ratio: positives for each negative, in (0, 1).
        distance: of the means, above 0.
        middle: half the sum of the means; it moves nothing but the threshold as printed.
        draws: of each class.
        seed: of the draws.

    Raises:
        UserError: numbers out of these ranges.
    """
    if not 0 < ratio < 1 or distance <= 0 or middle == 0:
        raise UserError(
            f"theorem 2: ratio {ratio:g}, distance {distance:g}, middle {middle:g}; expected a "
            "ratio between 0 and 1, a distance above 0 and a middle other than 0"
        )
    rare_mean, frequent_mean = middle + distance / 2, middle - distance / 2
    shift = -np.log(ratio)  # towards the rare class
    threshold = middle + shift / (rare_mean - frequent_mean)
    printed = middle + shift / (rare_mean + frequent_mean)
    rng = np.random.default_rng(seed)
    rare, frequent = (rng.normal(mean, 1, draws) for mean in (rare_mean, frequent_mean))
    bound = np.exp(-(distance**2) / 8)
    return Errors(
        ratio,
        distance,
        float(norm.cdf(threshold - rare_mean)),
        float(norm.sf(threshold - frequent_mean)),
        float((rare < threshold).mean()),
        float((frequent >= threshold).mean()),
        float(ratio**-0.5 * bound),
        float(ratio**0.5 * bound),
        float(norm.cdf(printed - rare_mean)),
        float(norm.sf(printed - frequent_mean)),
    )


@dataclass(frozen=True)
class Excess:
    """Errors added by a classifier that takes the shares of an unrepresentative sample for true.

    Attributes:
        ratio: true.
        assumed: as the sample has it.
        distance: of the means, in standard deviations.
        risk, best: share of all cases that are misclassified, and of the optimal classifier.
    """

    ratio: float
    assumed: float
    distance: float
    risk: float
    best: float


def excess_risk(ratio: float, assumed: float, distance: float) -> Excess:
    """Exact risks with the assumed and with the true ratio.

    Args:
        ratio, assumed: positives for each negative, above 0.
        distance: of the means, above 0.

    Raises:
        UserError: a number that is not above 0.
    """
    if min(ratio, assumed, distance) <= 0:
        raise UserError("excess risk: expected ratios and a distance above 0")
    share = ratio / (1 + ratio)

    def risk(used: float) -> float:
        threshold = -np.log(used) / distance  # from the middle, towards the rare class
        missed, alarms = norm.cdf(threshold - distance / 2), norm.sf(threshold + distance / 2)
        return float(share * missed + (1 - share) * alarms)

    return Excess(ratio, assumed, distance, risk(assumed), risk(ratio))


@dataclass(frozen=True)
class Theory:
    """Both theorems over grids."""

    first: tuple[Threshold, ...]
    second: tuple[Errors, ...]
    excess: tuple[Excess, ...]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        lines = ["theorem 1, P(off by more than t): N+ N- t: simulated exact corrected printed"]
        for each in self.first:
            lines.append(
                f"{each.positives:>6}{each.negatives:>8}{each.t:>8.3f}: {each.simulated:.4f} "
                f"{each.exact:.4f} {each.corrected:.4f} {each.printed:.4f}"
            )
        lines.append("theorem 2: ratio distance: rare (bound)  frequent (bound)  simulated")
        for error in self.second:
            lines.append(
                f"{error.ratio:>8.3f}{error.distance:>6.1f}: {error.rare:.4f} "
                f"({error.bound_rare:.3f})  {error.frequent:.5f} ({error.bound_frequent:.4f})  "
                f"{error.simulated_rare:.4f} {error.simulated_frequent:.5f}"
            )
        return "\n".join(lines)


def simulate_theory(
    ratios: Sequence[float] = RATIOS,
    distances: Sequence[float] = DISTANCES,
    negatives: int = 1000,
    draws: int = DRAWS,
    seed: int = 0,
) -> Theory:
    """Both theorems at these ratios.

    Theorem 1 is looked at where the estimate is off by two of its standard deviations.

    Args:
        ratios: positives for each negative.
        distances: of the means, in standard deviations.
        negatives: samples of the frequent class.
        draws: of each simulation.
        seed: of the draws.

    Raises:
        UserError: see :func:`theorem_1` and :func:`theorem_2`.
    """
    first = []
    for number, ratio in enumerate(ratios):
        positives = max(1, round(ratio * negatives))
        t = ((positives + negatives) / (positives * negatives)) ** 0.5
        first.append(theorem_1(positives, negatives, t, draws, seed + number))
    pairs = [(ratio, distance) for ratio in ratios for distance in distances]
    numbered = enumerate(pairs, seed)
    second = [theorem_2(*pair, draws=draws, seed=own) for own, pair in numbered]
    excess = [excess_risk(ratio, 1.0, distance) for ratio, distance in pairs]
    return Theory(tuple(first), tuple(second), tuple(excess))


def draw_theory(found: Theory, path: Path) -> None:
    """Write the picture of :func:`figure_of_theory`.

    Raises:
        UserError: it cannot be written.
    """
    save_figure(figure_of_theory(found), path)


def figure_of_theory(found: Theory) -> Any:
    """Both errors and their bounds over the distance, a colour for each ratio."""
    figure, axes = new_figure(2, width=5.2, height=4.0)
    for axis, part in zip(axes[0], ("rare", "frequent"), strict=True):
        for number, ratio in enumerate(sorted({each.ratio for each in found.second})):
            rows = [each for each in found.second if each.ratio == ratio]
            x, colour = [each.distance for each in rows], f"C{number}"
            axis.plot(x, [getattr(r, part) for r in rows], color=colour, label=f"{ratio:g}")
            simulated = [getattr(r, f"simulated_{part}") for r in rows]
            axis.plot(x, simulated, "o", color=colour, markersize=3)
            axis.plot(x, [getattr(r, f"bound_{part}") for r in rows], ":", color=colour)
        axis.set_yscale("log")
        axis.set_ylim(1e-6, 20)
        axis.axhline(1, color="#888", linewidth=0.6)
        axis.set_xlabel("distance of the means, standard deviations")
        axis.set_ylabel(f"error of the {part} class")
    figure.suptitle("lines: exact; dots: simulated; dotted: bound of theorem 2", fontsize=9)
    axes[0, 1].legend(title="ratio", fontsize=7)
    return figure
