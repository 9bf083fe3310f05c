"""A figure of all cases, also where the ranks have unequal numbers of them."""

import pytest
import torch
from ignite.exceptions import NotComputableError

from medssl.metrics import gathered

PREDICTIONS = torch.tensor([0.1, 0.9, 0.4, 0.8, 0.3])
TARGETS = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0])


def median_of_products(predictions, targets):
    """No mean of means gives it."""
    return float((predictions * targets + predictions).median())


def figure(rows):
    metric = gathered.GatheredMetric(median_of_products)
    for row in rows:
        metric.update((PREDICTIONS[row : row + 1], TARGETS[row : row + 1]))
    return metric.compute()


def test_two_ranks_with_two_and_three_cases_find_what_one_finds(monkeypatch):
    """The other rank's cases come through MONAI's gather, which takes unequal shares."""
    expected = median_of_products(PREDICTIONS, TARGETS)
    assert figure(range(5)) == expected
    assert figure([0, 1]) != expected
    theirs = iter([PREDICTIONS[2:], TARGETS[2:]])
    monkeypatch.setattr(
        gathered, "evenly_divisible_all_gather", lambda ours: torch.cat([ours, next(theirs)])
    )
    assert figure([0, 1]) == expected


def test_no_case_is_no_figure():
    with pytest.raises(NotComputableError, match="no case"):
        figure([])
