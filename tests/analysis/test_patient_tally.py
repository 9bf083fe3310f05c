"""Scores from sums over patients equal those worked out on the crops of each resample."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from medssl.analysis.patient_tally import RESAMPLES, auc_tally, recall_tally, score
from medssl.metrics.bootstrap import draw_clusters

PATIENTS, CROPS = 7, 15


@pytest.fixture
def asked():
    rng = np.random.default_rng(3)
    owners = np.repeat([f"p{number}" for number in range(PATIENTS)], CROPS)
    labels = rng.integers(2, size=len(owners))
    return rng, labels, owners


def test_recalls_give_the_balanced_accuracy_of_each_resample(asked):
    rng, labels, owners = asked
    answers = np.where(rng.random(len(labels)) < 0.7, labels, 1 - labels)
    found = score([recall_tally(labels, answers, owners)])
    assert found.mean == pytest.approx(balanced_accuracy_score(labels, answers))
    slow = []
    for draw in draw_clusters(PATIENTS, RESAMPLES, 0)[:400]:
        rows = np.repeat(np.arange(len(labels)), np.repeat(draw, CROPS))
        slow.append(balanced_accuracy_score(labels[rows], answers[rows]))
    assert (found.low, found.high) == pytest.approx(np.percentile(slow, [2.5, 97.5]), abs=0.02)


def test_auc_compares_crops_of_one_patient_only(asked):
    rng, labels, owners = asked
    offsets = np.repeat(100 * rng.standard_normal(PATIENTS), CROPS)
    scores = labels + rng.standard_normal(len(labels))
    each = [roc_auc_score(labels[owners == p], scores[owners == p]) for p in np.unique(owners)]
    plain, moved = (score([auc_tally(labels, s, owners)]) for s in (scores, scores + offsets))
    assert plain == moved
    assert plain.mean == pytest.approx(np.mean(each))


def test_a_patient_of_one_class_does_not_count_in_an_auc(asked):
    _, labels, owners = asked
    alone = labels.copy()
    alone[owners == "p0"] = 1
    assert score([auc_tally(alone, alone.astype(float), owners)]).mean == 1


def test_a_difference_is_paired(asked):
    """Two networks of equally wide intervals of which one is always a little better."""
    rng, labels, owners = asked
    hard = np.repeat(np.linspace(0.1, 0.9, PATIENTS), CROPS)
    right = rng.random(len(labels)) < hard
    better = right | (np.arange(len(labels)) % CROPS < 2)
    one, other = (
        recall_tally(np.zeros_like(labels), np.where(r, 0, 1), owners) for r in (better, right)
    )
    difference = score([one], [other])
    assert score([one]).low < score([other]).high
    assert difference.low > 0
    assert difference.mean == pytest.approx(better.mean() - right.mean())
    assert score([one], [one]).high == 0


def test_several_networks_stand_for_their_mean(asked):
    _, labels, owners = asked
    right, wrong = (recall_tally(labels, answers, owners) for answers in (labels, 1 - labels))
    assert score([right, wrong]).mean == 0.5
    assert score([right], [right, wrong]).mean == 0.5


def test_resamples_without_a_class_are_left_out():
    labels = np.array([0, 0, 1])
    found = score([recall_tally(labels, labels, ("a", "b", "c"))])
    assert (found.mean, found.low, found.high) == (1, 1, 1)


def test_one_patient_has_no_interval():
    labels = np.array([0, 1])
    found = score([recall_tally(labels, labels, ("a", "a"))])
    assert found.mean == 1
    assert np.isnan(found.low)
    assert np.isnan(found.high)
