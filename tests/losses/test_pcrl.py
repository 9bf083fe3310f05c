"""PCRL's loss against a literal queue, its theoretical values, and itself on two ranks."""

import math
from collections import deque

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from medssl.channels import numbers_to_channel
from medssl.errors import UserError
from medssl.losses import KeyQueue, PCRLLoss
from tests.helpers import on_two_ranks

SHAPE = (4, 4, 4)
FEATURES = 8


def predictions(count, generator=None):
    """Reconstructions and embeddings as the network returns them, and targets."""
    images = torch.rand(count, 3, *SHAPE, generator=generator)
    vectors = torch.randn(count, 3 * FEATURES, generator=generator)
    pred = torch.cat([images, numbers_to_channel(vectors, SHAPE)], dim=1)
    return pred, torch.rand(count, 3, *SHAPE, generator=generator)


def literal_loss(pred, target, queue, temperature):
    """Both InfoNCE losses sample by sample over a deque, and three errors; pushes the keys."""
    vectors = pred[:, 3].flatten(1)[:, : 3 * FEATURES].unflatten(1, (3, FEATURES))
    total = 0.0
    for query, *keys in vectors:
        for key in keys:
            score = math.exp(F.cosine_similarity(query, key, dim=0).item() / temperature)
            others = [math.exp(F.cosine_similarity(query, k, dim=0) / temperature) for k in queue]
            total -= math.log(score / (score + sum(others))) / 2
    errors = [(pred[:, i] - target[:, i]).square().mean().item() for i in range(3)]
    for _, *keys in vectors:
        queue.extend(keys)
    return total / len(pred), sum(errors) / 3


@pytest.mark.parametrize(("size", "batch"), [(13, 3), (12, 3), (5, 4), (1, 2)])
def test_against_a_literal_queue_over_many_steps(size, batch):
    """Sizes that the keys of a step divide, do not divide, and exceed."""
    loss = PCRLLoss(size, FEATURES, contrastive_weight=0.7, reconstruction_weight=3.0)
    queue = deque(maxlen=size)
    for _ in range(6):
        pred, target = predictions(batch)
        contrast, restored = literal_loss(pred, target, queue, 0.2)
        expected = 0.7 * contrast + 3.0 * restored
        assert loss(pred, target).item() == pytest.approx(expected, rel=1e-5)
        held = loss.queue.keys[: min(size, int(loss.queue.pushed))]
        literal = F.normalize(torch.stack(list(queue)), dim=1)
        distances = torch.cdist(literal, held)
        assert len(held) == len(queue)
        assert sorted(distances.argmin(1).tolist()) == list(range(len(queue)))
        assert distances.min(1).values.max() < 1e-3


def test_equal_embeddings_cost_the_logarithm_of_the_candidates():
    loss, ones = PCRLLoss(20, FEATURES), torch.ones(3, 4, *SHAPE)
    costs = [loss(ones, ones[:, :3]).item() for _ in range(5)]
    assert costs == pytest.approx([math.log(1 + n) for n in (0, 6, 12, 18, 20)], abs=1e-5)


def test_the_oldest_keys_leave_first():
    queue = KeyQueue(5, 1)
    for first in (0, 3, 6):
        queue.push(torch.arange(first, first + 3.0)[:, None])
    assert sorted(queue.keys.flatten().tolist()) == [4, 5, 6, 7, 8]
    queue.push(torch.arange(20.0, 28.0)[:, None])
    assert sorted(queue.keys.flatten().tolist()) == [23, 24, 25, 26, 27]
    assert queue.pushed == 17


def test_keys_that_are_not_finite_stay_outside():
    queue = KeyQueue(4, 2)
    for bad in (math.nan, math.inf):
        queue.push(torch.tensor([[1.0, 1], [bad, 2], [3, 3]]))
        queue.push(torch.tensor([[4, bad], [5.0, 5]]))
    assert queue.pushed == 6
    assert sorted(queue.keys[:, 0].tolist()) == [1, 3, 5, 5]
    queue.push(torch.full((9, 2), math.nan))
    assert queue.pushed == 6
    assert queue.keys.isfinite().all()


def test_one_bad_embedding_does_not_spoil_the_steps_after_it():
    loss = PCRLLoss(20, FEATURES)
    pred, target = predictions(3)
    pred[1, 3] = math.nan
    assert loss(pred, target).isnan()
    assert loss.queue.pushed == 4
    assert loss(*predictions(3)).isfinite()


def test_validation_does_not_touch_the_queue():
    loss = PCRLLoss(20, FEATURES)
    loss(*predictions(2))
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    with torch.no_grad():
        loss(*predictions(2))
    assert all(before[name].equal(value) for name, value in loss.state_dict().items())
    loss(*predictions(2))
    assert loss.queue.pushed == 8


def test_a_restored_queue_goes_on_as_if_nothing_had_happened():
    batches = [predictions(3) for _ in range(6)]
    whole, first, second = (PCRLLoss(10, FEATURES) for _ in range(3))
    expected = [whole(*batch).item() for batch in batches]
    done = [first(*batch).item() for batch in batches[:3]]
    second.load_state_dict(first.state_dict())
    assert done + [second(*batch).item() for batch in batches[3:]] == expected


def test_gradient_is_that_of_the_query_alone():
    loss = PCRLLoss(20, FEATURES, temperature=0.5, reconstruction_weight=0.0)
    loss(*predictions(4))
    negatives = loss.queue.keys[:8].clone()
    pred, target = predictions(3)
    pred.requires_grad_()
    loss(pred, target).backward()
    query, *keys = (pred.detach()[:, 3].flatten(1)[:, i * 8 : i * 8 + 8] for i in range(3))
    query.requires_grad_()
    costs = []
    for key in keys:
        candidates = torch.cat([F.normalize(key)[:, None], negatives.expand(3, 8, 8)], dim=1)
        logits = (F.normalize(query)[:, None] * candidates).sum(2) / 0.5
        costs.append((logits.logsumexp(1) - logits[:, 0]).mean())
    (sum(costs) / 2).backward()
    gradient = pred.grad[:, 3].flatten(1)
    torch.testing.assert_close(gradient[:, :8], query.grad)
    assert gradient[:, 8:].abs().max() == 0
    assert pred.grad[:, :3].abs().max() == 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_and_autocast_lose_nothing(dtype):
    low, full = PCRLLoss(20, FEATURES), PCRLLoss(20, FEATURES)
    for _ in range(3):
        pred, target = predictions(3)
        pred = pred.to(dtype)
        with torch.autocast("cpu", torch.bfloat16):
            ours = low(pred, target)
        assert ours.item() == pytest.approx(full(pred.float(), target).item(), rel=1e-6)
    assert low.queue.keys.dtype == torch.float32


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PCRLLoss(queue_size=0), "queue_size.*0"),
        (lambda: PCRLLoss(temperature=0.0), "temperature"),
        (lambda: PCRLLoss(contrastive_weight=-1.0), "contrastive_weight.*-1"),
        (lambda: PCRLLoss(reconstruction_weight=-1.0), "reconstruction_weight.*-1"),
        (
            lambda: PCRLLoss()(torch.rand(2, 3, *SHAPE), torch.rand(2, 3, *SHAPE)),
            r"\(B, 4, X, Y, Z\).*got \(2, 3, 4, 4, 4\)",
        ),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises(UserError, match=message):
        build()


STEPS, PAIRS = 4, 6


class Embedder(nn.Module):
    """Learns its channel of embeddings; reconstructions are the input's."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 3 * FEATURES)

    def forward(self, x):
        vectors = numbers_to_channel(self.layer(x[:, :5]), SHAPE)
        return torch.cat([x[:, 5:].reshape(-1, 3, *SHAPE), vectors], dim=1)


def _problem():
    torch.manual_seed(0)
    inputs = torch.randn(STEPS, PAIRS, 5 + 3 * 64)
    return Embedder(), PCRLLoss(31, FEATURES), inputs, torch.rand(STEPS, PAIRS, 3, *SHAPE)


def _train(network, loss, inputs, targets):
    losses = []
    for x, y in zip(inputs, targets):
        network.zero_grad()
        cost = loss(network(x), y)
        cost.backward()
        losses.append(cost.item())
        with torch.no_grad():
            for parameter in network.parameters():
                parameter -= 0.1 * parameter.grad
    weights = [parameter.detach() for parameter in network.parameters()]
    return losses, loss.state_dict(), weights


def _train_one_rank(rank):
    network, loss, inputs, targets = _problem()
    network = nn.parallel.DistributedDataParallel(network)
    ours = inputs.chunk(2, dim=1)[rank], targets.chunk(2, dim=1)[rank]
    return _train(network, loss, *ours)


def test_two_ranks_have_losses_queue_and_weights_of_the_joint_batch(tmp_path):
    """48 keys come into a queue of 31, so that it wraps around."""
    losses, queue, weights = _train(*_problem())
    ranks = on_two_ranks(_train_one_rank, tmp_path)
    for step, expected in enumerate(losses):
        mean = sum(rank[0][step] for rank in ranks) / 2
        assert mean == pytest.approx(expected, rel=1e-5)
    for _, their_queue, their_weights in ranks:
        for name, value in queue.items():
            torch.testing.assert_close(their_queue[name], value)
        for ours, theirs in zip(weights, their_weights):
            torch.testing.assert_close(theirs, ours)
