"""How probable is it that a claim "A is better than B" is false?

After Christodoulou and others, "False Promises in Medical Imaging AI?" (arXiv 2505.04720).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, t

from ...metrics.bootstrap import Values
from .arms import Arm
from .intervals import RESAMPLES, drawn_differences, seed_means


def false_claim(arm: Arm, other: Arm, seed: int = 0) -> float:
    """Probability that the arm with the better mean is truly no better than the other one.

    Means: :func:`from_values` on patients. AUC, for which there is no such formula: the share of
    resamples in which the order is turned, equal ones counting one half.

    Raises:
        UserError: arms of other seeds or patients.
    """
    ours, theirs = arm.by_patient(), other.by_patient()
    if ours is not None and theirs is not None:
        known = ~(np.isnan(ours) | np.isnan(theirs))
        return from_values(ours[known], theirs[known])
    drawn = drawn_differences(arm, other, RESAMPLES, seed)
    ahead = np.sign((seed_means(arm) - seed_means(other)).mean()) or 1.0
    turned = ahead * drawn[~np.isnan(drawn)]
    return float(((turned < 0) + (turned == 0) / 2).mean())


def from_values(ours: Values, theirs: Values) -> float:
    """``t_{n-1}(sqrt(n) (mB - mA) / sqrt(sA^2 + sB^2 - 2 r sA sB))``, A the higher of the two.

    Where lower is better, both means change sides, and the figure is the same.

    Args:
        ours, theirs: values of the same n patients; 0.5 where they are all equal, NaN below two.
    """
    n = len(ours)
    if n < 2:
        return float("nan")
    gap = abs(float(ours.mean() - theirs.mean()))
    (own, shared), (_, others) = np.cov(ours, theirs)
    # The root is the standard deviation of the differences; rounding may take it below 0.
    scatter = np.sqrt(max(own + others - 2 * shared, 0.0))
    if scatter == 0:
        return 0.5 if gap == 0 else 0.0
    return float(t.cdf(-np.sqrt(n) * gap / scatter, n - 1))


def from_answers(ours_only: int, theirs_only: int) -> float:
    """The same for accuracies, from how many cases only one of the two has right.

    Shares of (only A right, only B right, rest) have a Dirichlet posterior from a uniform prior;
    the first two alone decide, their quotient is beta-distributed.
    """
    more, fewer = max(ours_only, theirs_only), min(ours_only, theirs_only)
    return float(beta.cdf(0.5, more + 1, fewer + 1))
