"""Paired tests equal their definitions written out."""

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from medssl.analysis.evidence import CurveArm, MeanArm, holm, p_value
from medssl.analysis.evidence.paired import swap_test, wilcoxon
from medssl.errors import UserError

from .studies import auc_arm


def test_wilcoxon_is_the_share_of_signs_as_extreme():
    gaps = np.array([0.3, -0.1, 0.5, 0.2, 0.4, -0.15, 0.6])
    ranks = rankdata(abs(gaps))
    wanted = abs((np.sign(gaps) * ranks).sum())
    signs = itertools.product((1, -1), repeat=len(gaps))
    extreme = [abs((np.array(each) * ranks).sum()) >= wanted for each in signs]
    assert wilcoxon(np.append(gaps, np.nan)) == pytest.approx(np.mean(extreme))
    assert wilcoxon(np.array([0.0, np.nan, 0])) == 1


def test_subjects_are_patients_however_many_cases_and_runs_they_have():
    def arm(lift, cases, seeds):
        runs = [(f"{p}{c}", f"p{p}", 0.1 * p + lift) for p in range(5) for c in range(cases)]
        return MeanArm.of(dict.fromkeys(range(seeds), runs))

    few = p_value(arm(0.2, 1, 1), arm(0, 1, 1))
    assert few == p_value(arm(0.2, 9, 4), arm(0, 9, 4)) == 0.0625  # 2 of 2**5 signs


def test_a_swap_of_patients_changes_their_ranks_in_both_arms():
    """With four patients all sixteen swaps can be written out."""
    rng = np.random.default_rng(2)
    first, second = auc_arm(rng, 2.0, patients=4), auc_arm(rng, 0.0, patients=4)
    ranks = [[rankdata(run) for run in arm.scores] for arm in (first, second)]

    def gap(swapped):
        chosen = np.array(swapped)[first.member].astype(bool)
        found = 0.0
        for ours, theirs in zip(*ranks):
            one, two = np.where(chosen, theirs, ours), np.where(chosen, ours, theirs)
            found += roc_auc_score(first.positive, one) - roc_auc_score(first.positive, two)
        return abs(found) / 2

    true = gap([0] * 4)
    share = np.mean([gap(s) >= true - 1e-12 for s in itertools.product((0, 1), repeat=4)])
    assert swap_test(first, second, swaps=20_000) == pytest.approx(share, abs=0.01)


def test_areas_of_curves_of_aucs_are_tested_by_swaps_too():
    rng = np.random.default_rng(3)
    strong = CurveArm((5, 10), (auc_arm(rng, 2.0), auc_arm(rng, 2.0)))
    weak = CurveArm((5, 10), (auc_arm(rng, 0.2), auc_arm(rng, 0.2)))
    assert p_value(strong, weak) < 0.01
    assert p_value(weak, weak) == 1


def test_an_auc_is_not_tested_against_a_mean():
    arm = auc_arm(np.random.default_rng(0), 1.0, patients=2)
    mean = MeanArm.of({k: [("a", "p0", 1.0), ("b", "p1", 1.0)] for k in range(2)})
    with pytest.raises(UserError, match="another metric"):
        p_value(arm, mean)


def test_holm_by_hand():
    # 0.01 * 4, then max with 0.02 * 3, 0.03 * 2 and 0.5 * 1, each at least the one before
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([]) == []


def test_holm_is_that_of_statsmodels():
    p = np.random.default_rng(0).random(10) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
