"""How often would a study claim something, were all of its starts alike? By its own scatter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from medssl.analysis.evidence import Arm, MeanArm, compare_arms, on_shared_seeds
from medssl.analysis.evidence.verdict import NO_GAIN
from medssl.metrics.bootstrap import Values


@dataclass(frozen=True)
class Scatter:
    """What makes figures of starts differ that are alike.

    Attributes:
        seeds: mean of each, ``(seeds,)``.
        patients: what each differs by from the mean over patients, ``(patients,)``.
        run_sd: standard deviation of a run's mean, beyond what its patients make of it.
        rest: what a patient's figure in a run differs by from all of this, ``(runs, patients)``.
    """

    seeds: Values
    patients: Values
    run_sd: float
    rest: Values


def scatter_of(arms: Mapping[str, Arm]) -> Scatter:
    """The scatter of arms of means, or of areas of means, on the seeds that all of them have."""
    alike = on_shared_seeds(*arms.values())
    one = np.eye(len(alike[0].patients))
    values = np.stack([arm.by_seed(one).T for arm in alike])  # (starts, seeds, patients)
    values = values[:, :, ~np.isnan(values).any((0, 1))]
    runs = values.mean(2)
    seeds = runs.mean(0)
    patients = values.mean((0, 1)) - values.mean()
    rest = (values - runs[..., None] - patients).reshape(-1, len(patients))
    both = runs - runs.mean(1, keepdims=True) - seeds + runs.mean()
    free = (runs.shape[0] - 1) * (runs.shape[1] - 1)
    by_patients = rest.var() / len(patients)
    return Scatter(seeds, patients, sqrt(max((both**2).sum() / free - by_patients, 0.0)), rest)


def null_study(scatter: Scatter, starts: list[str], rng: np.random.Generator) -> dict[str, Arm]:
    """Starts that are alike: runs differ by chance, patients by draws from their own rest."""
    names = tuple(map(str, range(len(scatter.patients))))
    place = np.arange(len(names))
    arms: dict[str, Arm] = {}
    for start in starts:
        runs = scatter.seeds + rng.normal(0, scatter.run_sd, len(scatter.seeds))
        drawn = rng.integers(len(scatter.rest), size=(len(runs), len(names)))
        values = runs[:, None] + scatter.patients + scatter.rest[drawn, place]
        arms[start] = MeanArm(tuple(range(len(runs))), names, values, np.ones_like(values))
    return arms


def claims_without_effect(arms: Mapping[str, Arm], baseline: str, studies: int, seed: int) -> int:
    """In how many of so many simulated studies of alike starts something would be claimed.

    Args:
        arms: of the study, by start.
        baseline: what all others are compared with.
        studies: to simulate.
        seed: of the draws.
    """
    scatter, rng = scatter_of(arms), np.random.default_rng(seed)
    found = 0
    for _ in range(studies):
        compared = compare_arms(null_study(scatter, list(arms), rng), baseline)
        found += any(each.verdict != NO_GAIN for each in compared)
    return found
