"""Sample seeds and the decisions drawn from them."""

import torch

from medssl.random import decisions, fold, uniform_integers


def test_seeds_are_stable_across_versions_and_platforms():
    assert fold(0, 1, 2) == 6578276249916250763
    assert fold(1, 23) != fold(12, 3)
    assert 0 <= fold("x") < 2**63


def test_decisions_belong_to_the_sample_and_the_stream():
    seeds = torch.tensor([3, 9, 27])
    together = decisions(seeds, 5, "a")
    alone = torch.cat([decisions(seeds[i : i + 1], 5, "a") for i in range(3)])
    assert torch.equal(together, alone)
    assert not torch.equal(together, decisions(seeds, 5, "b"))
    assert decisions([], 5, "a").shape == (0, 5)


def test_integers_are_uniform_over_both_ends():
    u = decisions(torch.arange(5000), 1, "x")[:, 0]
    counts = uniform_integers(u, -1, 3).add(1).bincount(minlength=5)
    assert counts.sum() == 5000
    expected = 1000.0
    assert ((counts - expected) ** 2 / expected).sum() < 18.5  # chi-square, 4 dof, p = 0.001
    ends = torch.tensor([0.0, 1 - 1e-15], dtype=torch.float64)
    assert uniform_integers(ends, 2, 2).tolist() == [2, 2]
