"""Outcomes of one way of training: over seeds, over patients, on any resample of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from ...errors import UserError
from ...metrics.bootstrap import Values

Row = tuple[str, str, float]  # case, patient, value


class Arm(Protocol):
    """Outcomes of the same test patients by seed.

    Attributes:
        seeds: of the runs, in order.
        patients: of the test split, sorted.
        sign: 1 where higher is better, -1 where lower is.
    """

    @property
    def seeds(self) -> tuple[int, ...]: ...

    @property
    def patients(self) -> tuple[str, ...]: ...

    @property
    def sign(self) -> int: ...

    def by_seed(self, draws: Values) -> Values:
        """The metric of each seed, ``(R, seeds)``, on resamples ``(R, patients)`` of patients."""
        ...

    def by_patient(self) -> Values | None:
        """One value for each patient, averaged over seeds, NaN without a case; None for an AUC."""
        ...

    def on_seeds(self, seeds: Sequence[int]) -> Self:
        """The runs of these seeds alone, in this order; each has to be there."""
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
        seeds, patients, sign: see :class:`Arm`.
        sums: of the values, ``(seeds, patients)``.
        counts: of the cases.
    """

    seeds: tuple[int, ...]
    patients: tuple[str, ...]
    sums: Values
    counts: Values
    sign: int = 1

    @classmethod
    def of(cls, runs: Mapping[int, Sequence[Row]], name: str = "runs", sign: int = 1) -> MeanArm:
        """Tally rows of each seed.

        Args:
            runs: rows ``(case, patient, value)`` by seed.
            name: of the arm, for messages.
            sign: see :class:`Arm`.

        Raises:
            UserError: no runs, they were not judged on the same cases, or a value is infinite.
        """
        check_cases({seed: [row[:2] for row in rows] for seed, rows in runs.items()}, name)
        seeds = tuple(sorted(runs))
        patients = tuple(sorted({row[1] for row in runs[seeds[0]]}))
        place = {patient: column for column, patient in enumerate(patients)}
        sums = np.zeros((len(seeds), len(patients)))
        counts = np.zeros_like(sums)
        for line, seed in enumerate(seeds):
            for case, patient, value in runs[seed]:
                if np.isinf(value):
                    raise UserError(
                        f"{name}: {case} of seed {seed} is {value}, of which there is no mean; "
                        "expected a number, or nan for no value"
                    )
                if not np.isnan(value):
                    sums[line, place[patient]] += value
                    counts[line, place[patient]] += 1
        return cls(seeds, patients, sums, counts, sign)

    def by_seed(self, draws: Values) -> Values:
        """See :class:`Arm`; NaN where a resample has no case."""
        return quotient(draws @ self.sums.T, draws @ self.counts.T)

    def by_patient(self) -> Values:
        """See :class:`Arm`."""
        means = quotient(self.sums, self.counts)
        known = ~np.isnan(means)
        return quotient(np.where(known, means, 0).sum(0), known.sum(0).astype(np.float64))

    def on_seeds(self, seeds: Sequence[int]) -> Self:
        """See :class:`Arm`."""
        lines = [self.seeds.index(seed) for seed in seeds]
        return replace(self, seeds=tuple(seeds), sums=self.sums[lines], counts=self.counts[lines])


def on_shared_seeds(*arms: Arm) -> tuple[Arm, ...]:
    """The arms on the seeds that all of them have; none where there is no such seed."""
    seeds = sorted(set.intersection(*(set(arm.seeds) for arm in arms)))
    return tuple(arm.on_seeds(seeds) for arm in arms) if seeds else ()


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


def check_cases(cases: Mapping[int, Sequence[tuple[object, ...]]], name: str) -> None:
    """Refuse runs that were not judged on the same cases.

    Args:
        cases: by seed, in any order.
        name: of the arm, for messages.

    Raises:
        UserError: no run, no case, or unlike ones.
    """
    if not cases or not next(iter(cases.values())):
        raise UserError(f"{name}: no cases; expected those of at least one run")
    (first, rows), *others = ((seed, sorted(each, key=str)) for seed, each in cases.items())
    if other := [seed for seed, each in others if each != rows]:
        raise UserError(
            f"{name}: the runs of seeds {first} and {other[0]} were judged on other cases; "
            "evaluate them on one test split"
        )


def quotient(total: Values, count: Values) -> Values:
    """Means from sums, NaN where nothing was counted."""
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
