"""Classes left alone: against sums by hand, and what a step does to them."""

import pytest
import torch
from monai.losses import DiceCELoss

from medssl.losses import ClassLoss, LeaveUnshown

APART, REGIONS = [[1], [2], [3]], [[1, 2, 4], [1, 4], [4]]


def setting(channels, parts):
    torch.manual_seed(0)
    logits = torch.randn(2, channels, 3, 4, 2, requires_grad=True)
    return logits, torch.randint(0, parts + 1, (2, 1, 3, 4, 2)).float()


@pytest.mark.parametrize("classes", [[[1]], APART, REGIONS])
def test_where_none_is_left_it_is_the_loss_itself(classes):
    logits, label = setting(ClassLoss(classes).out_channels, len(classes))
    loss = ClassLoss(classes)
    assert torch.equal(LeaveUnshown(loss, classes)(logits, label), loss(logits, label))


@pytest.mark.parametrize(
    "loss", [ClassLoss([[1], [2]]), DiceCELoss(to_onehot_y=True, softmax=True)]
)
def test_a_class_left_counts_as_background(loss):
    """Probabilities are those of the four classes, with class 2 added to the background."""
    logits, label = setting(4, 3)
    label[label == 2] = 0  # nobody marked it
    share = logits.softmax(1)
    joined = torch.stack([share[:, 0] + share[:, 2], share[:, 1], share[:, 3]], 1)
    fewer = torch.where(label == 3, 2.0, label)
    expected = loss(joined.log(), fewer)  # a softmax of logarithms of shares gives the shares
    torch.testing.assert_close(LeaveUnshown(loss, APART, [1])(logits, label), expected)


def test_where_neither_is_marked_a_class_left_is_not_pushed_below_the_background():
    logits, label = setting(4, 3)
    label[:] = 0
    LeaveUnshown(ClassLoss(APART), APART, [1])(logits, label).backward()
    share = logits.detach().softmax(1)
    # Both gain or lose in proportion to what they hold, so that their ratio stays.
    ratio = logits.grad[:, 2] / logits.grad[:, 0]
    torch.testing.assert_close(ratio, share[:, 2] / share[:, 0])
    plain = logits.detach().clone().requires_grad_()
    ClassLoss(APART)(plain, label).backward()
    assert (plain.grad[:, 2] > 0).all()  # the plain loss unlearns it


def test_a_region_left_learns_nothing_and_the_others_as_before():
    logits, label = setting(3, 3)
    LeaveUnshown(ClassLoss(REGIONS), REGIONS, [2])(logits, label).backward()
    plain = logits.detach().clone().requires_grad_()
    ClassLoss(REGIONS)(plain, label).backward()
    assert not logits.grad[:, 2].any()
    torch.testing.assert_close(logits.grad[:, :2], plain.grad[:, :2])
