"""The probability of a false claim, from its definition."""

import numpy as np
import pytest
from scipy import stats

from medssl.analysis.evidence import false_claim
from medssl.analysis.evidence.false_claim import from_answers, from_values

from .studies import auc_arm, study


def test_of_values_it_is_the_one_sided_paired_t():
    rng = np.random.default_rng(0)
    ours = rng.normal(0.7, 0.1, 30)
    theirs = ours + rng.normal(-0.02, 0.05, 30)
    wanted = stats.ttest_rel(ours, theirs, alternative="greater").pvalue
    assert from_values(ours, theirs) == pytest.approx(wanted)
    assert from_values(theirs, ours) == pytest.approx(wanted)  # whichever is said to be better


def test_of_values_that_never_differ_nothing_is_known():
    same = np.array([0.1, 0.2, 0.3])
    assert from_values(same, same) == 0.5
    assert np.isnan(from_values(same[:1], same[:1]))


def test_of_answers_it_is_the_share_of_the_posterior_on_the_wrong_side():
    drawn = np.random.default_rng(0).dirichlet([13, 6, 82], 200_000)
    wanted = (drawn[:, 0] <= drawn[:, 1]).mean()
    assert from_answers(12, 5) == pytest.approx(wanted, abs=0.003)
    assert from_answers(5, 12) == from_answers(12, 5)


def test_arms_are_judged_by_patients_and_aucs_by_resamples():
    arms = study(0, {"scratch": 0.0, "mg": 0.1})
    assert false_claim(arms["mg"], arms["scratch"]) < 0.01
    rng = np.random.default_rng(1)
    strong, weak = auc_arm(rng, 2.0), auc_arm(rng, 0.3)
    assert false_claim(strong, weak) == pytest.approx(false_claim(weak, strong), abs=0.01)
    assert false_claim(strong, weak) < 0.06  # two runs
    assert false_claim(weak, auc_arm(rng, 0.3)) > 0.05
    assert false_claim(weak, weak) == 0.5
