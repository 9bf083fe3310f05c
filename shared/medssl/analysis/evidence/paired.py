"""Is a difference more than chance? Paired tests whose subjects are patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata
from scipy.stats import wilcoxon as signed_ranks

from ...errors import UserError
from ...metrics.bootstrap import Values
from .areas import AucArm
from .arms import Arm, check_pair
from .curves import CurveArm

SWAPS = 4000


def p_value(arm: Arm, other: Arm, seed: int = 0) -> float:
    """Two-sided p of equal outcomes, patient by patient.

    Means and areas under label curves: Wilcoxon's signed ranks on patients' values averaged over
    runs; runs or cases as subjects would count one patient many times. AUC: :func:`swap_test`.

    Args:
        arm, other: outcomes of the same kind, patients and seeds.
        seed: of the swaps.

    Raises:
        UserError: arms of other seeds or patients.
    """
    check_pair(arm, other, "comparison")
    ours, theirs = arm.by_patient(), other.by_patient()
    if ours is None or theirs is None:
        return swap_test(arm, other, seed)
    return wilcoxon(ours - theirs)


def wilcoxon(differences: Values) -> float:
    """Two-sided p of the signed-rank test; 1 where nothing differs. NaN are left out."""
    known = differences[~np.isnan(differences)]
    if not known.any():
        return 1.0
    return float(signed_ranks(known).pvalue)


def swap_test(arm: Arm, other: Arm, seed: int = 0, swaps: int = SWAPS) -> float:
    """Two-sided p of equal AUCs: how often swapped arms differ as much as the true ones.

    The arms' names are swapped in whole patients, in all runs alike, so that neither cases nor runs
    are taken for independent; ranks stand in place of scores.

    Raises:
        UserError: an AUC beside something else, or arms of other patients.
    """
    patients = len(arm.patients)
    swapped = np.random.default_rng(seed).integers(0, 2, size=(swaps, patients))
    found = _swapped(arm, other, np.vstack([np.zeros((1, patients)), swapped]))
    true, drawn = abs(found[0]), np.abs(found[1:])
    return float((1 + (drawn >= true - 1e-12).sum()) / (1 + swaps))


def _swapped(arm: Arm, other: Arm, swapped: Values) -> Values:
    """Differences, mean over runs, with the arms swapped in the patients marked 1."""
    if isinstance(arm, CurveArm) and isinstance(other, CurveArm) and arm.labels == other.labels:
        pairs = zip(arm.points, other.points, strict=True)
        return np.asarray(arm.shares @ np.stack([_swapped(*pair, swapped) for pair in pairs]))
    if not (isinstance(arm, AucArm) and isinstance(other, AucArm)):
        raise UserError("comparison: an AUC beside another metric; compare arms of one metric")
    if not np.array_equal(arm.positive, other.positive):
        raise UserError("comparison: judged on other cases; evaluate both on one test split")
    found = np.zeros(len(swapped))
    for ours, theirs in zip(arm.scores, other.scores, strict=True):
        first, second = rankdata(ours), rankdata(theirs)
        kept = 1 - swapped
        for sign, one, two in ((1, kept, swapped), (-1, swapped, kept)):
            # Cases marked in `one` have the first arm's rank, those marked in `two` the second's.
            for own, left in ((first, one), (second, two)):
                for against, right in ((first, one), (second, two)):
                    found += sign * ((left @ arm.wins(own, against)) * right).sum(1)
    positives = int(arm.positive.sum())
    return found / (len(arm.scores) * positives * (len(arm.positive) - positives))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values of one family, in the order given."""
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given)
    steps = given[order] * np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return [float(p) for p in adjusted]
