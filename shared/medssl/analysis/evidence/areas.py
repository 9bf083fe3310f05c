"""Areas under the ROC curve over seeds and patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...metrics.bootstrap import Values
from .arms import check_cases, quotient

ScoredRow = tuple[str, str, float, int]  # case, patient, score, label


@dataclass(frozen=True)
class AucArm:
    """An area under the ROC curve over all cases.

    Attributes:
        seeds, patients: see :class:`~.arms.Arm`.
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
        check_cases({seed: [(*r[:2], r[3]) for r in rows] for seed, rows in runs.items()}, name)
        seeds = tuple(sorted(runs))
        lined = [sorted(runs[seed], key=lambda row: row[:2]) for seed in seeds]
        names, member = np.unique([row[1] for row in lined[0]], return_inverse=True)
        positive = np.array([row[3] == 1 for row in lined[0]])
        if positive.all() or not positive.any():
            raise UserError(f"{name}: all cases are of one class; an AUC needs both")
        scores = np.array([[row[2] for row in rows] for rows in lined])
        return cls(seeds, tuple(map(str, names)), positive, scores, member)

    @property
    def sign(self) -> int:
        """See :class:`~.arms.Arm`."""
        return 1

    def by_seed(self, draws: Values) -> Values:
        """See :class:`~.arms.Arm`; NaN where a resample lacks a class."""
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
        """See :class:`~.arms.Arm`."""

    def on_seeds(self, seeds: Sequence[int]) -> Self:
        """See :class:`~.arms.Arm`."""
        lines = [self.seeds.index(seed) for seed in seeds]
        return replace(self, seeds=tuple(seeds), scores=self.scores[lines])
