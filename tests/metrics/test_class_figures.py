"""Figures of several classes beside slow oracles, for all cases and for resamples of them."""

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from medssl.errors import UserError
from medssl.metrics import ClassProbabilityMetric, class_figures
from medssl.metrics.class_figures import weighted_auc


def answers(count=60, classes=3, seed=0):
    """Probabilities with ties, and classes that they know something of."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes)).round(1) + np.eye(classes)[truth]
    rows = np.exp(logits)
    return (rows / rows.sum(1, keepdims=True)).round(2), truth


def slow_auc(positive, scores):
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in scores[positive]
        for b in scores[~positive]
    ]
    return sum(pairs) / len(pairs)


def test_areas_of_resamples_are_those_of_repeated_cases():
    rows, truth = answers()
    weights = np.random.default_rng(1).multinomial(60, np.full(60, 1 / 60), size=5)
    found = weighted_auc(truth == 1, rows[:, 1], weights.astype(float))
    for value, times in zip(found, weights, strict=True):
        again = np.repeat(np.arange(60), times)
        assert value == pytest.approx(slow_auc(truth[again] == 1, rows[again, 1]))


def test_an_area_without_one_of_both_is_none():
    found = weighted_auc(
        np.array([True, False]), np.array([0.2, 0.1]), np.array([[1.0, 0], [1, 1]])
    )
    assert np.isnan(found[0])
    assert found[1] == 1


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_figures_agree_with_scikit_learn(classes):
    rows, truth = answers(classes=classes)
    found = {name: values[0] for name, values in class_figures(rows, truth).items()}
    areas = [roc_auc_score(truth == k, rows[:, k]) for k in range(classes)]
    np.testing.assert_allclose(found["class_auc"], areas)
    assert found["auc"] == pytest.approx(np.mean(areas))
    assert found["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(truth, rows.argmax(1))
    )
    assert found["accuracy"] == pytest.approx((rows.argmax(1) == truth).mean())
    squares = [sum((row[k] - (k == t)) ** 2 for k in range(classes)) for row, t in zip(rows, truth)]
    assert found["brier"] == pytest.approx(np.mean(squares))


def test_of_two_classes_the_area_is_that_of_either():
    rows, truth = answers(classes=2)
    rows[:, 0] = 1 - rows[:, 1]
    found = class_figures(rows, truth)
    assert found["auc"][0] == pytest.approx(slow_auc(truth == 1, rows[:, 1]))


def test_calibration_error_bin_by_bin():
    rows, truth = answers(200)
    sure, right = rows.max(1), rows.argmax(1) == truth
    error = 0.0
    for low in range(10):
        inside = [n for n in range(200) if min(int(sure[n] * 10), 9) == low]
        if inside:
            error += abs(sure[inside].mean() - right[inside].mean()) * len(inside) / 200
    assert class_figures(rows, truth)["ece"][0] == pytest.approx(error)
    assert class_figures(np.eye(3)[truth], truth)["ece"][0] == 0


def test_classes_that_are_nowhere_are_no_part_of_a_mean():
    rows, truth = answers()
    kept = truth != 2
    found = {name: values[0] for name, values in class_figures(rows[kept], truth[kept]).items()}
    assert np.isnan(found["sensitivity"]).tolist() == [False, False, True]
    assert found["balanced_accuracy"] == pytest.approx(found["sensitivity"][:2].mean())
    assert found["auc"] == pytest.approx(found["class_auc"][:2].mean())
    alone = class_figures(rows[truth == 0], truth[truth == 0])
    assert np.isnan(alone["auc"][0])
    assert alone["balanced_accuracy"][0] == alone["accuracy"][0]


@pytest.mark.parametrize("decollated", [True, False])
def test_as_a_metric_over_batches(decollated):
    rows, truth = answers()
    parts = [(torch.tensor(rows[s]), torch.tensor(truth[s])) for s in (slice(25), slice(25, 60))]
    if decollated:
        parts = [([row[None] for row in p], [int(n) for n in c]) for p, c in parts]
    engine = Engine(lambda _, part: part)
    ClassProbabilityMetric("auc", lambda output: output).attach(engine, "auc")
    engine.run(parts)
    assert engine.state.metrics["auc"] == pytest.approx(class_figures(rows, truth)["auc"][0])
    with pytest.raises(UserError, match="metric: 'f1', expected one of auc"):
        ClassProbabilityMetric("f1", lambda output: output)
