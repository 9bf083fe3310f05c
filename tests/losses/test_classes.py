"""Dice and cross-entropy of classes and regions: against plain sums."""

import pytest
import torch
from torch import Tensor

from medssl.losses import ClassLoss

SHAPE = (2, 1, 3, 4, 2)


def plain(probability: Tensor, truth: Tensor) -> Tensor:
    """Soft dice loss over a whole batch, mean over the channels at axis 1."""
    losses = []
    for p, t in zip(probability.unbind(1), truth.unbind(1), strict=True):
        losses.append(1 - (2 * (p * t).sum() + 1e-5) / (p.sum() + t.sum() + 1e-5))
    return torch.stack(losses).mean()


def test_classes_apart_share_a_softmax():
    torch.manual_seed(0)
    logits, label = torch.randn(2, 3, 3, 4, 2), torch.randint(0, 3, SHAPE)
    share = logits.softmax(1)
    truth = torch.cat([label == number for number in range(3)], 1).float()
    cross = -(truth * share.log()).sum(1).mean()
    expected = cross + plain(share[:, 1:], truth[:, 1:])
    torch.testing.assert_close(ClassLoss([[1], [2]])(logits, label.float()), expected)


@pytest.mark.parametrize("regions", [[[1]], [[1, 2, 3], [2, 3], [3]], [[2], [1, 2]]])
def test_a_class_alone_and_each_region_have_a_sigmoid(regions):
    torch.manual_seed(0)
    held = sorted({value for group in regions for value in group})
    logits = torch.randn(2, len(regions), 3, 4, 2)
    label = torch.randint(0, len(held) + 1, SHAPE)  # parts are single values here, in order
    truth = torch.cat([torch.isin(label, torch.tensor(group)) for group in regions], 1).float()
    share = logits.sigmoid()
    cross = -(truth * share.log() + (1 - truth) * (1 - share).log()).mean()
    expected = cross + plain(share, truth)
    torch.testing.assert_close(ClassLoss(regions)(logits, label.float()), expected)


def test_single_samples_count_alike_where_the_batch_is_not_taken_together():
    torch.manual_seed(0)
    logits, label = torch.randn(2, 1, 3, 4, 2), torch.randint(0, 2, SHAPE).float()
    alone = [ClassLoss([[1]])(logits[n : n + 1], label[n : n + 1]) for n in range(2)]
    together = ClassLoss([[1]], batch=False)(logits, label)
    torch.testing.assert_close(together, torch.stack(alone).mean())
    assert not torch.isclose(together, ClassLoss([[1]])(logits, label))
