"""NT-Xent against the definition written out, MONAI, and itself on two ranks."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from medssl.errors import UserError
from medssl.losses import NTXentLoss
from tests.helpers import on_two_ranks


def literal_loss(pred, temperature):
    """Equation 1 of the SimCLR paper, view by view."""
    first, second = pred.chunk(2, dim=1)
    views = [row for pair in zip(first, second) for row in pair]
    total = 0.0
    for i, anchor in enumerate(views):
        scores = [
            math.exp(F.cosine_similarity(anchor, other, dim=0) / temperature) for other in views
        ]
        total -= math.log(scores[i ^ 1] / (sum(scores) - scores[i]))
    return total / len(views)


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_against_the_definition_and_monai(temperature):
    pred = torch.randn(6, 2 * 8, dtype=torch.float64)
    loss = NTXentLoss(temperature)(pred)
    assert float(loss) == pytest.approx(literal_loss(pred, temperature), rel=1e-5)
    from monai.losses import ContrastiveLoss  # the spawned ranks below do without it

    monai = ContrastiveLoss(temperature=temperature)(*pred.float().chunk(2, dim=1))
    assert float(loss) == pytest.approx(float(monai), rel=1e-4)


def test_collapsed_embeddings_cost_the_logarithm_of_the_candidates():
    for pairs in (2, 8, 33):
        loss = NTXentLoss()(torch.ones(pairs, 10))
        assert float(loss) == pytest.approx(math.log(2 * pairs - 1), rel=1e-5)


def test_distinct_partners_cost_nothing_and_lengths_do_not_matter():
    views = torch.eye(5)
    pred = torch.cat([views, views], dim=1)
    assert float(NTXentLoss()(pred)) < 1e-4
    noisy = torch.randn(5, 8)
    scaled = noisy * torch.rand(5, 1).add(0.1)
    assert torch.allclose(NTXentLoss()(noisy), NTXentLoss()(scaled), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_and_autocast_lose_nothing(dtype):
    pred = torch.randn(16, 64).to(dtype).requires_grad_()
    expected = NTXentLoss()(pred.detach().float())
    with torch.autocast("cpu", torch.bfloat16):
        loss = NTXentLoss()(pred)
    loss.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert pred.grad.isfinite().all()
    assert NTXentLoss()(torch.zeros(4, 8, dtype=dtype)).isfinite()


def test_gradient_is_the_numerical_one():
    pred = torch.randn(3, 6).requires_grad_()
    NTXentLoss(0.5)(pred).backward()
    step = 1e-2
    for row, column in ((0, 0), (1, 4), (2, 5)):
        shift = torch.zeros_like(pred)
        shift[row, column] = step
        up, down = (NTXentLoss(0.5)(pred.detach() + sign * shift) for sign in (1, -1))
        assert float(pred.grad[row, column]) == pytest.approx(float(up - down) / 2 / step, abs=2e-3)


def test_bad_arguments_are_named():
    with pytest.raises(UserError, match="temperature"):
        NTXentLoss(0.0)
    with pytest.raises(UserError, match=r"\(B, 2F\), got \(4, 7\)"):
        NTXentLoss()(torch.rand(4, 7))


def test_a_single_pair_has_no_negatives_and_is_refused():
    with pytest.raises(UserError, match=r"^batch_size: 1, expected 2 or more: "):
        NTXentLoss()(torch.rand(1, 8))


def _loss_of_one_pair(rank):
    return NTXentLoss(1.0)(torch.eye(2)[[rank]].repeat(1, 2))


def test_ranks_with_one_pair_each_are_each_others_negatives(tmp_path):
    for loss in on_two_ranks(_loss_of_one_pair, tmp_path):
        assert loss.item() == pytest.approx(math.log(math.e + 2) - 1, rel=1e-5)


def _problem():
    torch.manual_seed(0)
    return nn.Linear(5, 8), torch.randn(6, 2, 5)


def _gradients_of_one_rank(rank):
    network, pairs = _problem()
    network = nn.parallel.DistributedDataParallel(network)
    loss = NTXentLoss()(network(pairs.chunk(2)[rank]).flatten(1))
    loss.backward()
    return loss.detach(), [parameter.grad for parameter in network.parameters()]


def test_two_ranks_have_the_loss_and_the_gradient_of_the_joint_batch(tmp_path):
    network, pairs = _problem()
    loss = NTXentLoss()(network(pairs).flatten(1))
    loss.backward()
    losses, gradients = zip(*on_two_ranks(_gradients_of_one_rank, tmp_path))
    assert sum(losses).item() / 2 == pytest.approx(loss.item(), rel=1e-5)
    for ours in gradients:
        for gradient, parameter in zip(ours, network.parameters()):
            assert torch.allclose(gradient, parameter.grad, rtol=1e-4, atol=1e-6)
