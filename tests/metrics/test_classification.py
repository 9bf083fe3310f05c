"""Figures of a classification: against scikit-learn, in any order, with a class missing."""

import math

import pytest
import torch
from ignite.engine import Engine
from ignite.exceptions import NotComputableError
from sklearn.metrics import recall_score, roc_auc_score

from medssl.errors import UserError
from medssl.metrics import CLASSIFICATION_FIGURES, ClassificationMetric, classification_figure
from tests.helpers import RANKS, on_two_ranks


def problem(count=200):
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(count, generator=generator) < 0.2).float()
    return torch.rand(count, generator=generator).add(0.4 * labels).div(1.4), labels


def test_against_scikit_learn_and_in_any_order():
    scores, labels = problem()
    found = {name: classification_figure(name, scores, labels) for name in CLASSIFICATION_FIGURES}
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores))
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    predicted = scores >= 0.5
    assert found["sensitivity"] == pytest.approx(recall_score(labels, predicted))
    assert found["specificity"] == pytest.approx(recall_score(labels, predicted, pos_label=0))
    order = torch.randperm(200)
    for name, value in found.items():
        assert classification_figure(name, scores[order], labels[order]) == pytest.approx(value)


def test_a_missing_class_has_no_figure():
    scores = torch.tensor([0.2, 0.9])
    for labels, known in ((torch.zeros(2), "specificity"), (torch.ones(2), "sensitivity")):
        found = {
            name: classification_figure(name, scores, labels) for name in CLASSIFICATION_FIGURES
        }
        assert found.pop(known) == 0.5
        assert all(math.isnan(value) for value in found.values())


def evaluate(batches):
    """The AUC that an evaluator reports of batches of probabilities and labels."""
    engine = Engine(lambda _, pair: pair)
    ClassificationMetric("auc", lambda pair: pair).attach(engine, "auc")
    return engine.run(batches).metrics["auc"]


@pytest.mark.parametrize("decollated", [False, True])
def test_the_metric_takes_batches_and_lists(decollated):
    scores, labels = problem()
    batches = list(zip(scores[:, None].split(64), labels[:, None].split(64)))
    found = evaluate([tuple(map(list, pair)) for pair in batches] if decollated else batches)
    assert found == pytest.approx(roc_auc_score(labels, scores))


def test_cases_with_different_numbers_of_candidates():
    """Each of a batch's two cases has its own number of probabilities and labels."""
    scores, labels = problem()
    found = evaluate([tuple(part.split((90, 110)) for part in (scores, labels))])
    assert found == pytest.approx(roc_auc_score(labels, scores))


def test_without_a_case_there_is_no_figure():
    with pytest.raises(NotComputableError, match="no case"):
        ClassificationMetric("auc", lambda pair: pair).compute()


def _evaluate_on_rank(rank):
    return evaluate([tuple(part[rank::RANKS, None] for part in problem(count=201))])


def test_ranks_with_different_numbers_of_cases_agree(tmp_path):
    scores, labels = problem(count=201)
    found = on_two_ranks(_evaluate_on_rank, tmp_path)
    assert found == [pytest.approx(roc_auc_score(labels, scores), abs=1e-12)] * RANKS


def test_unknown_figures_are_named():
    with pytest.raises(UserError, match="expected one of auc"):
        classification_figure("f1", *problem())
