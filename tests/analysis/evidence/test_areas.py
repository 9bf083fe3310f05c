"""Areas under ROC curves on resamples equal those of the drawn cases."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medssl.analysis.evidence import AucArm
from medssl.errors import UserError

from .studies import auc_arm


def test_an_auc_on_a_resample_is_that_of_the_drawn_cases_written_out():
    rng = np.random.default_rng(0)
    arm = auc_arm(rng, 0.7)
    drawn = rng.multinomial(10, [0.1] * 10, size=5).astype(float)
    found = arm.by_seed(drawn)
    for line, draw in enumerate(drawn):
        for run in range(2):
            chosen = np.repeat(np.arange(80), draw[arm.member].astype(int))
            wanted = roc_auc_score(arm.positive[chosen], arm.scores[run][chosen])
            assert found[line, run] == pytest.approx(wanted)
    assert arm.by_patient() is None


def test_rows_of_an_auc_find_their_case_in_any_order():
    given = [("a", "x", 0.1, 0), ("b", "y", 0.8, 1), ("c", "x", 0.9, 0)]
    arm = AucArm.of({0: given, 1: given[::-1]})
    np.testing.assert_array_equal(*arm.scores)


def test_one_class_has_no_area():
    with pytest.raises(UserError, match="one class"):
        AucArm.of({0: [("a", "x", 0.1, 0)]})
