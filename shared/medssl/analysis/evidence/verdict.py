"""What may be said of a comparison, in the words that were fixed before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import UserError
from ..statistics import Estimate
from .arms import Arm
from .false_claim import false_claim
from .intervals import difference, estimate, seed_means, spread
from .paired import holm, p_value

ALPHA = 0.05
GAIN, LOSS, NO_GAIN = "gain", "loss", "no evidence of gain"


def verdict(p_adjusted: float, interval: Estimate, seeds: Sequence[float], sign: int = 1) -> str:
    """ "gain" or "loss" only if all agree: the test, the interval and every run.

    Without any effect a comparison is called so in fewer than 5 of 100 studies. The interval is not
    widened for the number of comparisons in a column: where runs scatter more than patients do,
    some comparison of three was, in 10 of 100; of ten, where they scatter half as much, in 7.

    Args:
        p_adjusted: after Holm, over the comparisons of one column.
        interval: of the difference.
        seeds: difference of each run; of a single run nothing is known about runs, so there is
            no evidence either.
        sign: of a gain: -1 where lower is better.
    """
    above, below = (GAIN, LOSS)[::sign]
    if not p_adjusted < ALPHA or len(seeds) < 2:
        return NO_GAIN
    if interval.low > 0 and min(seeds) > 0:
        return above
    if interval.high < 0 and max(seeds) < 0:
        return below
    return NO_GAIN


@dataclass(frozen=True)
class Comparison:
    """An arm beside the baseline.

    Attributes:
        name: of the arm.
        mean: over runs, with its interval; ``sd`` over runs.
        difference: from the baseline, ``by_seed`` run by run.
        p, p_adjusted: of the paired test, and after Holm over the column.
        false_claim: probability that the better of the two is not.
        verdict: see :func:`verdict`.
    """

    name: str
    seeds: int
    patients: int
    mean: Estimate
    sd: float
    difference: Estimate
    by_seed: tuple[float, ...]
    p: float
    p_adjusted: float
    false_claim: float
    verdict: str

    def __str__(self) -> str:
        return (
            f"{self.name:<16}{self.mean}, sd {self.sd:.3f}, difference {self.difference}, "
            f"p {self.p:.4f} (Holm {self.p_adjusted:.4f}), false claim {self.false_claim:.3f}: "
            f"{self.verdict}"
        )


def compare_arms(
    arms: Mapping[str, Arm], baseline: str = "scratch", seed: int = 0
) -> list[Comparison]:
    """One column of a table: every arm against the baseline, Holm over them.

    Args:
        arms: by name, of the same patients and seeds.
        baseline: the one that the others are compared with.
        seed: of the resamples.

    Raises:
        UserError: no such baseline, no other arm, or arms of other seeds or patients.
    """
    if baseline not in arms:
        raise UserError(f"{baseline}: no such arm; expected one of {', '.join(arms)}")
    others = {name: arm for name, arm in arms.items() if name != baseline}
    if not others:
        raise UserError(f"{baseline}: nothing to compare it with; name another arm")
    return compare_pairs({name: (arm, arms[baseline]) for name, arm in others.items()}, seed)


def compare_pairs(
    pairs: Mapping[str, tuple[Arm, Arm]], seed: int = 0, family: int = 0
) -> list[Comparison]:
    """Arms against baselines of their own, Holm over all of them.

    Args:
        pairs: arm and baseline, of the same patients and seeds, by the arm's name.
        seed: of the resamples.
        family: comparisons that were planned; those that are not there yet count as p = 1, so that
            what is found in a part of them holds when all are there.

    Raises:
        UserError: a pair of other seeds or patients.
    """
    raw = [p_value(arm, base, seed) for arm, base in pairs.values()]
    found = []
    adjusted_ps = holm([*raw, *[1.0] * (family - len(raw))])[: len(raw)]
    for (name, (arm, base)), p, adjusted in zip(pairs.items(), raw, adjusted_ps, strict=True):
        gap = difference(arm, base, seed=seed)
        each = tuple(float(value) for value in seed_means(arm) - seed_means(base))
        said = verdict(adjusted, gap, each, arm.sign)
        sizes = len(arm.seeds), len(arm.patients)
        mean, doubt = estimate(arm, seed=seed), false_claim(arm, base, seed)
        found.append(
            Comparison(name, *sizes, mean, spread(arm), gap, each, p, adjusted, doubt, said)
        )
    return found
