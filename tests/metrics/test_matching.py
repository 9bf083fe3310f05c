"""Partners found by embeddings, beside partners found by grey values."""

import pytest
import torch

from medssl.losses import NTXentLoss
from medssl.metrics import MatchingSkill
from medssl.metrics.contrastive import found_partner
from medssl.metrics.matching import histogram, thumbnail
from tests.helpers import RANKS, figures_of, on_two_ranks


def naive_partner(first, second, distance):
    hits = []
    for i, query in enumerate(first):
        distances = [float(distance(query, key)) for key in second]
        hits.append(float(min(range(len(second)), key=distances.__getitem__) == i))
    return hits


def test_partners_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(12, 6, generator=generator)
    second = first + 0.8 * torch.randn(12, 6, generator=generator)
    cosine = naive_partner(first, second, lambda a, b: -(a @ b) / a.norm() / b.norm())
    assert found_partner(first, second).tolist() == cosine
    absolute = naive_partner(first, second, lambda a, b: (a - b).abs().sum())
    assert found_partner(first, second, cosine=False).tolist() == absolute


def test_embeddings_that_are_all_alike_find_no_more_than_chance():
    alike = torch.ones(10, 4)
    assert found_partner(alike, alike).mean() == pytest.approx(0.1)
    assert found_partner(alike, alike, cosine=False).mean() == pytest.approx(0.1)


def test_grey_values_are_summed_up_as_told():
    image = torch.rand(2, 8, 8, 8, generator=torch.Generator().manual_seed(1))
    bars = torch.histc(image[0], 32, 0, 1) / image[0].numel()
    torch.testing.assert_close(histogram(image)[0], bars)
    assert torch.equal(histogram(torch.ones(1, 4, 4, 4))[0, -1:], torch.ones(1))
    block = image[1, 2:4, 4:6, 6:8].mean() - image[1].mean()
    torch.testing.assert_close(thumbnail(image).view(2, 4, 4, 4)[1, 1, 2, 3], block)


def test_skill_counts_from_what_grey_values_find():
    generator = torch.Generator().manual_seed(2)
    views = torch.rand(20, 1, 8, 8, 8, generator=generator).expand(-1, 2, -1, -1, -1)
    random = torch.randn(20, 8, generator=generator)
    output = {"image": views, "pred": torch.cat([random, random], dim=1)}
    found = figures_of(MatchingSkill(), [(output, ["a", "b"] * 10)])
    # The two views are equal: the histogram finds every partner, so nothing is left to learn.
    assert found["retrieval_histogram"] == found["retrieval_voxels"] == 1
    assert found["skill"] == found["skill_low"] == found["skill_high"] == 0
    lost = {**output, "pred": torch.randn(20, 16, generator=generator)}
    found = figures_of(MatchingSkill(), [(lost, ["a", "b"] * 10)])
    assert found["skill"] == found["skill_low"] == -1
    other = torch.rand(20, 2, 8, 8, 8, generator=generator)
    found = figures_of(MatchingSkill(), [({**output, "image": other}, ["a", "b"] * 10)])
    assert found["retrieval_chance"] == 0.05
    assert found["skill"] == 1
    lost = {"image": other, "pred": torch.randn(20, 16, generator=generator)}
    assert figures_of(MatchingSkill(), [(lost, ["a", "b"] * 10)])["skill"] < 0.1


def test_the_loss_of_all_pairs_stands_beside_that_of_alike_embeddings():
    generator = torch.Generator().manual_seed(4)
    images = torch.rand(9, 2, 8, 8, 8, generator=generator)
    pred = torch.randn(9, 12, generator=generator)
    metric = MatchingSkill(temperature=0.2)
    found = figures_of(metric, [({"image": images, "pred": pred}, list("aabbccdde"))])
    assert found["nt_xent"] == pytest.approx(NTXentLoss(0.2)(pred).item(), rel=1e-6)
    assert found["nt_xent_alike"] == pytest.approx(NTXentLoss(0.2)(torch.ones(9, 12)).item())
    assert "nt_xent" not in figures_of(
        MatchingSkill(), [({"image": images, "pred": pred}, list("aabbccdde"))]
    )


def _figures_of_rank(rank):
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(11, 2, 8, 8, 8, generator=generator)
    pred = torch.rand(11, 8, generator=generator)
    cases = [str(index % 4) for index in range(11)]
    own = slice(rank, None, RANKS) if rank is not None else slice(None)
    metric = MatchingSkill(temperature=0.2)
    return figures_of(metric, [({"image": images[own], "pred": pred[own]}, cases[own])])


def test_ranks_seek_among_all_pairs(tmp_path):
    """Partners are sought among the pairs of both ranks, in whatever order these come."""
    for found in on_two_ranks(_figures_of_rank, tmp_path):
        assert found == pytest.approx(_figures_of_rank(None))
