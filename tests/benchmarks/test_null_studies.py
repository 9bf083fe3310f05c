"""Scatter is found again where it was put, and much of it between runs is what makes claims."""

import numpy as np
import pytest

from medssl.analysis.evidence import MeanArm
from null_studies import claims_without_effect, null_study, scatter_of

STARTS, SEEDS, PATIENTS = 40, 5, 30


def arms(run_sd, rest_sd, starts=STARTS, seeds=SEEDS, effect=0.0):
    rng = np.random.default_rng(0)
    level = 0.1 * rng.normal(size=PATIENTS)
    found = {}
    for start in range(starts):
        runs = 0.7 + effect * start + run_sd * rng.normal(size=(seeds, 1))
        values = runs + level + rest_sd * rng.normal(size=(seeds, PATIENTS))
        names = tuple(f"p{number:02}" for number in range(PATIENTS))
        found[f"s{start}"] = MeanArm(tuple(range(seeds)), names, values, np.ones_like(values))
    return found


@pytest.mark.parametrize("effect", [0.0, 0.05])
def test_scatter_is_what_it_was_made_with_whatever_starts_do(effect):
    found = scatter_of(arms(0.02, 0.05, effect=effect))
    assert found.run_sd == pytest.approx(0.02, rel=0.15)
    assert found.rest.std() == pytest.approx(0.05, rel=0.05)
    assert found.rest.shape == (STARTS * SEEDS, PATIENTS)
    assert found.patients.mean() == pytest.approx(0, abs=1e-12)
    assert scatter_of(arms(0.0, 0.05)).run_sd < 0.005


def test_a_made_up_study_has_the_scatter_that_it_is_made_with():
    found = scatter_of(arms(0.02, 0.05))
    again = scatter_of(null_study(found, [str(k) for k in range(200)], np.random.default_rng(1)))
    assert again.run_sd == pytest.approx(found.run_sd, rel=0.15)
    assert again.rest.std() == pytest.approx(found.rest.std(), rel=0.05)


def test_more_scatter_between_runs_makes_more_claims():
    few, many = (
        claims_without_effect(arms(run_sd, 0.05, starts=6, seeds=3), "s0", 20, 0)
        for run_sd in (0.0, 0.2)
    )
    assert few <= 2 < many
