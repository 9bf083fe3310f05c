"""Figures of paired embeddings: known cases, slow oracles, and accumulation over batches."""

import math

import pytest
import torch
from ignite.engine import Engine

from medssl.metrics import FIGURES, ContrastiveMetric, figure


def pairs_of(first, second):
    return torch.cat([first, second], dim=1)


def test_retrieval_counts_partners_that_are_nearest():
    views = torch.eye(6)
    assert figure("retrieval_top1", pairs_of(views, 3 * views)) == 1.0
    swapped = views[[1, 0, 2, 3, 4, 5]]
    assert figure("retrieval_top1", pairs_of(views, swapped)) == pytest.approx(4 / 6)
    random = torch.randn(2000, 16)
    chance = figure("retrieval_top1", pairs_of(random[:1000], random[1000:]))
    assert chance < 0.01


def test_alignment_and_uniformity_against_their_definitions():
    first, second = torch.randn(7, 5), torch.randn(7, 5)
    x, y = (v / v.norm(dim=1, keepdim=True) for v in (first, second))
    squares = [float((a - b) @ (a - b)) for a, b in zip(x, y)]
    assert figure("alignment", pairs_of(first, second)) == pytest.approx(sum(squares) / 7, rel=1e-5)
    potentials = [
        math.exp(-2 * float((x[i] - x[j]) @ (x[i] - x[j]))) for i in range(7) for j in range(i)
    ]
    expected = math.log(sum(potentials) / len(potentials))
    assert figure("uniformity", pairs_of(first, second)) == pytest.approx(expected, rel=1e-4)


def test_effective_rank_is_that_of_what_differs_wherever_it_lies():
    crops = torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    moved = pairs_of(crops + 100, crops + 100)
    still = figure("effective_rank", pairs_of(crops, crops))
    assert figure("effective_rank", moved) == pytest.approx(still, abs=0.01)


def test_collapse_shows_in_every_figure():
    generator = torch.Generator().manual_seed(0)
    sphere = torch.randn(3000, 32, generator=generator)
    spread = pairs_of(sphere, sphere)
    collapsed = pairs_of(torch.ones(3000, 32), torch.ones(3000, 32))
    line = torch.randn(3000, 1, generator=generator) * torch.ones(1, 32)
    assert figure("spread", spread) == pytest.approx(1.0, abs=0.02)
    assert figure("spread", collapsed) == pytest.approx(0.0, abs=1e-5)
    assert figure("uniformity", collapsed) == pytest.approx(0.0, abs=1e-5)
    # On a sphere in 32 dimensions squared distances are 2 on average.
    assert figure("uniformity", spread) == pytest.approx(-3.75, abs=0.15)
    assert figure("effective_rank", spread) == pytest.approx(32, abs=0.5)
    assert figure("effective_rank", pairs_of(line, line)) == pytest.approx(1.0, abs=0.01)
    assert figure("retrieval_top1", collapsed) < 0.01


@pytest.mark.parametrize("name", FIGURES)
def test_batches_add_up_to_the_whole(name):
    pred = torch.randn(23, 12)
    engine = Engine(lambda engine, batch: {"pred": batch, "label": None})
    ContrastiveMetric(name, lambda output: output["pred"]).attach(engine, name)
    for _ in range(2):  # the second run starts anew
        metrics = engine.run(pred.split(10)).metrics
    assert metrics[name] == pytest.approx(figure(name, pred), rel=1e-5)
