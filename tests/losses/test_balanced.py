"""Cross-entropy in which classes weigh the same, however many samples they have."""

import math

import pytest
import torch

from medssl.errors import UserError
from medssl.losses import BalancedCrossEntropy


def test_it_is_the_weighted_mean_of_every_sample():
    logits, classes = torch.randn(7, 3), torch.tensor([0, 0, 0, 0, 1, 1, 2])
    counts = [400, 200, 100]
    total = 0.0
    for row, number in zip(logits.tolist(), classes.tolist(), strict=True):
        weight = sum(counts) / (3 * counts[number])
        total += weight * (math.log(sum(map(math.exp, row))) - row[number])
    found = BalancedCrossEntropy(counts)(logits, classes)
    assert found.item() == pytest.approx(total / 7, rel=1e-5)
    plain = BalancedCrossEntropy(counts, None)(logits, classes)
    torch.testing.assert_close(plain, torch.nn.functional.cross_entropy(logits, classes))


def test_a_batch_of_one_class_keeps_its_weight():
    """Divided by the weights in the batch, a rare class would count no more than others."""
    logits = torch.zeros(2, 2)
    loss = BalancedCrossEntropy([90, 10])
    rare, frequent = (loss(logits, torch.full((2,), number)) for number in (1, 0))
    assert (rare / frequent).item() == pytest.approx(9)


def test_another_word_is_refused():
    with pytest.raises(UserError, match="class_weights: 'equal', expected balanced or null"):
        BalancedCrossEntropy([1, 1], "equal")
