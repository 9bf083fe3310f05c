"""Area under the ROC curve and its interval over patients."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medssl.analysis.patient_auc import patient_auc


def test_auc_and_its_interval_against_the_slow_way():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 60)
    scores = np.round(rng.normal(size=60) + labels, 1)  # with ties
    patients = [f"p{i // 3}" for i in range(60)]
    found = patient_auc(labels, scores, patients, resamples=2000)
    assert found.mean == pytest.approx(roc_auc_score(labels, scores))
    names, aucs = sorted(set(patients)), []
    for _ in range(1500):
        drawn = rng.choice(names, len(names))
        cases = np.concatenate([np.flatnonzero(np.asarray(patients) == name) for name in drawn])
        aucs.append(roc_auc_score(labels[cases], scores[cases]))
    low, high = np.percentile(aucs, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.015)
    single = patient_auc(labels, scores, [str(i) for i in range(60)])
    assert single.mean == found.mean
