"""The mixed model: a balanced study has closed forms."""

import numpy as np
import pytest

from medssl.analysis.evidence import mixed_model, seed_means
from medssl.errors import UserError

from .studies import study


def test_effects_of_a_balanced_study_are_differences_of_means():
    arms = study(5, {"scratch": 0.0, "mg": 0.05, "ae": -0.1}, seeds=4, run_sd=0.03)
    found = mixed_model(arms)
    base = seed_means(arms["scratch"]).mean()
    for effect in found.effects:
        assert effect.effect.mean == pytest.approx(
            seed_means(arms[effect.name]).mean() - base, abs=1e-5
        )
        assert effect.effect.low < effect.effect.mean < effect.effect.high


def test_parts_of_the_variance_are_those_of_a_two_way_analysis():
    """Patients crossed with runs, runs nested in starts: expected mean squares by hand."""
    arms = study(6, {"scratch": 0.0, "mg": 0.0}, seeds=8, patients=12, run_sd=0.06)
    table = np.concatenate([arm.sums / arm.counts for arm in arms.values()])  # (runs, patients)
    starts = np.repeat([0, 1], 8)
    means = np.array([table[starts == s].mean() for s in starts])
    runs, patients = table.mean(1), table.mean(0)
    rest = table - runs[:, None] - patients[None] + table.mean()
    rest_ms = (rest**2).sum() / (11 * 15)
    run_ms = 12 * ((runs - means) ** 2).sum() / 14
    patient_ms = 16 * ((patients - table.mean()) ** 2).sum() / 11
    found = mixed_model(arms)
    assert found.rest_sd == pytest.approx(rest_ms**0.5, rel=0.02)
    assert found.run_sd == pytest.approx(((run_ms - rest_ms) / 12) ** 0.5, rel=0.02)
    assert found.patient_sd == pytest.approx(((patient_ms - rest_ms) / 16) ** 0.5, rel=0.02)


def test_nothing_to_fit_is_refused():
    arms = study(0, {"scratch": 0.0, "mg": 0.0}, seeds=1)
    with pytest.raises(UserError, match="two or more seeds"):
        mixed_model(arms)
    with pytest.raises(UserError, match="none: expected this arm"):
        mixed_model(arms, "none")
