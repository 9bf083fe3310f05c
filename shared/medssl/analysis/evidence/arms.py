"""Outcomes of one way of training: over seeds, over patients, on any resample of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...metrics.bootstrap import Values

Row = tuple[str, str, float]  # case, patient, value
ScoredRow = tuple[str, str, float, int]  # case, patient, score, label


class Arm(Protocol):
    """Outcomes of the same test patients by seed.

    Attributes:
        seeds: of the runs, in order.
        patients: of the test split, sorted.
    """

    @property
    def seeds(self) -> tuple[int, ...]: ...

    @property
    def patients(self) -> tuple[str, ...]: ...

    def by_seed(self, draws: Values) -> Values:
        """The metric of each seed, ``(R, seeds)``, on resamples ``(R, patients)`` of patients."""
        ...

    def by_patient(self) -> Values | None:
        """One value for each patient, averaged over seeds, NaN without a case; None for an AUC."""
        ...


def everyone(arm: Arm) -> Values:
    """The resample that is the test split itself, ``(1, patients)``."""
    return np.ones((1, len(arm.patients)))


@dataclass(frozen=True)
class MeanArm:
    """A mean over cases, such as of dice.

    A patient counts by its cases, so that cases weigh alike. Cases without a value (NaN) count
    nowhere.

    Attributes:
        seeds, patients: see :class:`Arm`.
        sums: of the values, ``(seeds, patients)``.
        counts: of the cases.
    """

    seeds: tuple[int, ...]
    patients: tuple[str, ...]
    sums: Values
    counts: Values

    @classmethod
    def of(cls, runs: Mapping[int, Sequence[Row]], name: str = "runs") -> MeanArm:
        """Tally rows of each seed.

        Args:
            runs: rows ``(case, patient, value)`` by seed.
            name: of the arm, for messages.

        Raises:
            UserError: no runs, or they were not judged on the same cases.
        """
        _check_cases({seed: [row[:2] for row in rows] for seed, rows in runs.items()}, name)
        seeds = tuple(sorted(runs))
        patients = tuple(sorted({row[1] for row in runs[seeds[0]]}))
        place = {patient: column for column, patient in enumerate(patients)}
        sums = np.zeros((len(seeds), len(patients)))
        counts = np.zeros_like(sums)
        for line, seed in enumerate(seeds):
            for _, patient, value in runs[seed]:
                if not np.isnan(value):
                    sums[line, place[patient]] += value
                    counts[line, place[patient]] += 1
        return cls(seeds, patients, sums, counts)

    def by_seed(self, draws: Values) -> Values:
        """See :class:`Arm`; NaN where a resample has no case."""
        return quotient(draws @ self.sums.T, draws @ self.counts.T)

    def by_patient(self) -> Values:
        """See :class:`Arm`."""
        means = quotient(self.sums, self.counts)
        known = ~np.isnan(means)
        return quotient(np.where(known, means, 0).sum(0), known.sum(0).astype(np.float64))


@dataclass(frozen=True)
class AucArm:
    """An area under the ROC curve over all cases.

    Attributes:
        seeds, patients: see :class:`Arm`.
        positive: ``(cases,)``.
        scores: ``(seeds, cases)``, higher for positives.
        member: number of each case's patient, ``(cases,)``.
    """

    seeds: tuple[int, ...]
    patients: tuple[str, ...]
    positive: NDArray[np.bool_]
    scores: Values
    member: NDArray[np.int64]

    @classmethod
    def of(cls, runs: Mapping[int, Sequence[ScoredRow]], name: str = "runs") -> AucArm:
        """Line rows ``(case, patient, score, label)`` of each seed up, label 1 for positives.

        Raises:
            UserError: no runs, or they were not judged on the same cases, or one class is missing.
        """
        _check_cases({seed: [(*r[:2], r[3]) for r in rows] for seed, rows in runs.items()}, name)
        seeds = tuple(sorted(runs))
        lined = [sorted(runs[seed], key=lambda row: row[:2]) for seed in seeds]
        names, member = np.unique([row[1] for row in lined[0]], return_inverse=True)
        positive = np.array([row[3] == 1 for row in lined[0]])
        if positive.all() or not positive.any():
            raise UserError(f"{name}: all cases are of one class; an AUC needs both")
        scores = np.array([[row[2] for row in rows] for rows in lined])
        return cls(seeds, tuple(map(str, names)), positive, scores, member)

    def by_seed(self, draws: Values) -> Values:
        """See :class:`Arm`; NaN where a resample lacks a class."""
        size = len(self.patients)
        ours = np.bincount(self.member[self.positive], minlength=size)
        others = np.bincount(self.member[~self.positive], minlength=size)
        pairs = (draws @ ours) * (draws @ others)
        won = [((draws @ self.wins(run, run)) * draws).sum(1) for run in self.scores]
        return np.stack([quotient(each, pairs) for each in won], axis=1)

    def wins(self, scores: Values, others: Values) -> Values:
        """Pairs in the right order, a tie one half: ``(patient of positive, patient of negative)``.

        Args:
            scores: ``(cases,)``, of which the positives' count.
            others: ``(cases,)``, of which the negatives' count.
        """
        ours, owner = scores[self.positive], self.member[self.positive]
        found = np.zeros((len(self.patients), len(self.patients)))
        for place in range(len(self.patients)):
            below = np.sort(others[~self.positive & (self.member == place)])
            ends = (np.searchsorted(below, ours, side) for side in ("left", "right"))
            right = np.sum(list(ends), axis=0) / 2
            found[:, place] = np.bincount(owner, right, minlength=len(self.patients))
        return found

    def by_patient(self) -> None:
        """See :class:`Arm`."""


@dataclass(frozen=True)
class CurveArm:
    """The area under a curve of label numbers, over their logarithm: a mean of the metric.

    Attributes:
        labels: labelled cases at each point, increasing.
        points: arms of the same patients and seeds, one for each number.
    """

    labels: tuple[float, ...]
    points: tuple[Arm, ...]
    shares: Values = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.points) or len(self.labels) < 2:
            raise UserError(f"labels: {list(self.labels)}, expected two or more, one for each arm")
        if min(self.labels) <= 0 or list(self.labels) != sorted(set(self.labels)):
            raise UserError(f"labels: {list(self.labels)}, expected increasing numbers above 0")
        for point in self.points[1:]:
            check_pair(self.points[0], point, "points of the curve")
        widths = np.diff(np.log(self.labels))
        shares = (np.append(widths, 0) + np.append(0, widths)) / (2 * widths.sum())
        object.__setattr__(self, "shares", shares)

    @property
    def seeds(self) -> tuple[int, ...]:
        """See :class:`Arm`."""
        return self.points[0].seeds

    @property
    def patients(self) -> tuple[str, ...]:
        """See :class:`Arm`."""
        return self.points[0].patients

    def by_seed(self, draws: Values) -> Values:
        """See :class:`Arm`."""
        each = np.stack([point.by_seed(draws) for point in self.points])
        return np.tensordot(self.shares, each, axes=1)

    def by_patient(self) -> Values | None:
        """See :class:`Arm`."""
        each = [point.by_patient() for point in self.points]
        known = [values for values in each if values is not None]
        return self.shares @ np.stack(known) if len(known) == len(each) else None


def check_pair(first: Arm, second: Arm, name: str) -> None:
    """Refuse arms that cannot be compared run by run and patient by patient.

    Raises:
        UserError: other seeds or other test patients.
    """
    if first.seeds != second.seeds:
        raise UserError(
            f"{name}: seeds {list(first.seeds)} and {list(second.seeds)}; expected the same runs"
        )
    if first.patients != second.patients:
        raise UserError(f"{name}: judged on other patients; evaluate both on one test split")


def _check_cases(cases: Mapping[int, Sequence[tuple[object, ...]]], name: str) -> None:
    if not cases or not next(iter(cases.values())):
        raise UserError(f"{name}: no cases; expected those of at least one run")
    first = sorted(next(iter(cases.values())), key=str)
    if any(sorted(rows, key=str) != first for rows in cases.values()):
        raise UserError(f"{name}: runs judged on other cases; evaluate them on one test split")


def quotient(total: Values, count: Values) -> Values:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
