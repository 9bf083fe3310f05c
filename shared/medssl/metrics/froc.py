"""FROC analysis of candidates as the LUNA16 challenge defines it.

A candidate closer to a nodule's centre than its radius hits it; of several, the most probable
counts and the others are neither right nor wrong. So are candidates on findings that are excluded.
Every other candidate is a false positive. Sensitivity is read off at 1/8, 1/4, 1/2, 1, 2, 4 and 8
false positives for each scan; their mean is the competition performance metric (CPM).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import UserError
from ..store.marks import Marks

RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
UNKNOWN_DIAMETER_MM = 10.0  # of excluded findings listed without one
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Outcomes:
    """What became of the nodules and of the candidates that hit none.

    ``hits`` holds for each nodule the probability of its best candidate, minus infinity where it
    was missed; ``alarms`` the probability of each false positive; ``hit_scan`` and ``alarm_scan``
    the scans' numbers, below ``scans``.
    """

    hits: Floats
    hit_scan: Integers
    alarms: Floats
    alarm_scan: Integers
    scans: int


@dataclass(frozen=True)
class FROC:
    """Sensitivity at each of ``RATES`` with bootstrap intervals over scans, and their mean."""

    sensitivity: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cpm: float
    cpm_low: float
    cpm_high: float


def match(
    candidates: Marks, nodules: Marks, scans: Sequence[str], excluded: Marks | None = None
) -> Outcomes:
    """Join candidates to nodules.

    Args:
        candidates: with probabilities as values.
        nodules: with diameters in mm as values.
        scans: all scans that were looked at, those without candidates too.
        excluded: findings whose candidates do not count, with diameters in mm (unknown: negative).

    Raises:
        UserError: no scan, no nodule in these scans, or a candidate in another scan.
    """
    number = {name: place for place, name in enumerate(scans)}
    strangers = [name for name in dict.fromkeys(candidates.series) if name not in number]
    if strangers:
        raise UserError(f"FROC: candidates in {strangers[0]}, which is none of {len(scans)} scans")
    nodules = nodules.of(scans)
    if not len(nodules):
        raise UserError(f"FROC: no nodule in these {len(scans)} scans; sensitivity has no meaning")
    hits = np.full(len(nodules), -np.inf)
    free = np.ones(len(candidates), dtype=bool)
    for places, near in _near(candidates, nodules):
        hits[places] = candidates.values[near].max(initial=-np.inf)
        free[near] = False
    if excluded is not None:
        for _, near in _near(candidates, excluded.of(scans)):
            free[near] = False
    return Outcomes(
        hits,
        np.array([number[name] for name in nodules.series], dtype=np.int64),
        candidates.values[free],
        np.array([number[name] for name in candidates.series[free]], dtype=np.int64),
        len(scans),
    )


def _near(candidates: Marks, findings: Marks) -> list[tuple[int, list[int]]]:
    """For each finding that has any, its row and those of the candidates inside its radius."""
    found = []
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(candidates.series):
        rows_of.setdefault(name, []).append(row)
    diameters = np.where(findings.values < 0, UNKNOWN_DIAMETER_MM, findings.values)
    trees: dict[str, cKDTree] = {}
    for row, name in enumerate(findings.series):
        if name not in rows_of:
            continue
        if name not in trees:
            trees[name] = cKDTree(candidates.world_mm[rows_of[name]])
        radius = np.nextafter(diameters[row] / 2, 0)  # closer than the radius, not as close
        inside = trees[name].query_ball_point(findings.world_mm[row], radius)
        if inside:
            found.append((row, [rows_of[name][place] for place in inside]))
    return found


def froc_curve(outcomes: Outcomes) -> tuple[Floats, Floats]:
    """False positives for each scan, rising, and the sensitivity there."""
    return next(_curves(outcomes, np.ones((1, outcomes.scans), dtype=np.int64)))


def _curves(outcomes: Outcomes, draws: Integers) -> Iterator[tuple[Floats, Floats]]:
    """The curve of each row of ``draws``, which says how often each scan counts; sorts once."""
    scores = np.concatenate([outcomes.hits, outcomes.alarms])
    order = np.argsort(-scores, kind="stable")
    scores, is_nodule = scores[order], order < len(outcomes.hits)
    scan = np.concatenate([outcomes.hit_scan, outcomes.alarm_scan])[order]
    # A threshold takes all candidates of equal probability together, and never a missed nodule.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True) & (scores > -np.inf))
    right_at, wrong_at = (kind.cumsum()[last] for kind in (is_nodule, ~is_nodule))
    nodule_scan, alarm_scan = scan[is_nodule], scan[~is_nodule]
    for counts in draws:
        right, wrong = (
            np.concatenate([[0], counts[own].cumsum()]) for own in (nodule_scan, alarm_scan)
        )
        yield (
            np.concatenate([[0.0], wrong[wrong_at] / counts.sum()]),
            np.concatenate([[0.0], right[right_at] / max(right[-1], 1)]),
        )


def _at_rates(rates: Floats, sensitivity: Floats) -> Floats:
    """Linear interpolation; where several thresholds share a rate, the last and best counts."""
    return np.interp(RATES, rates, sensitivity)


def froc(outcomes: Outcomes, resamples: int = 1000, level: float = 0.95, seed: int = 0) -> FROC:
    """Sensitivities, CPM and their percentile bootstrap intervals over scans.

    Args:
        outcomes: of :func:`match`.
        resamples: bootstrap draws of scans.
        level: coverage of the intervals.
        seed: of the draws.
    """
    values = _at_rates(*froc_curve(outcomes))
    rng = np.random.default_rng(seed)
    share = np.full(outcomes.scans, 1 / outcomes.scans)
    drawn = rng.multinomial(outcomes.scans, share, size=resamples)
    drawn = drawn[drawn[:, outcomes.hit_scan].any(axis=1)]  # without a nodule there is no curve
    found = np.stack([_at_rates(*curve) for curve in _curves(outcomes, drawn)])
    found = np.column_stack([found, found.mean(axis=1)])
    tail = 50 * (1 - level)
    low, high = np.percentile(found, [tail, 100 - tail], axis=0)
    return FROC(
        tuple(values.tolist()),
        tuple(low[:-1].tolist()),
        tuple(high[:-1].tolist()),
        float(values.mean()),
        float(low[-1]),
        float(high[-1]),
    )
