"""Partners found by embeddings, beside partners found by grey values."""

import pytest
import torch

from medssl.errors import UserError
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


def test_partners_are_sought_in_rounds_of_so_many_crops_of_each_scan():
    generator = torch.Generator().manual_seed(5)
    cases = ["a", "b", "a", "a", "b", "a", "b", "b"]
    images = torch.rand(8, 2, 8, 8, 8, generator=generator)
    first, second = torch.randn(2, 8, 4, generator=generator)
    output = {"image": images, "pred": torch.cat([first, first + second], dim=1)}
    found = figures_of(MatchingSkill(among=2), [(output, cases)])
    rounds = [[0, 1, 2, 4], [3, 5, 6, 7]]  # the first two of each scan, then the others

    def nearest(row, others):
        query, keys = first[row], (first + second)[others]
        return others[int(torch.cosine_similarity(query[None], keys).argmax())]

    hits = [nearest(row, others) == row for others in rounds for row in others]
    assert found["retrieval_top1"] == pytest.approx(sum(hits) / 8)
    assert found["retrieval_chance"] == pytest.approx(1 / 4)
    alone = [
        figures_of(
            MatchingSkill(),
            [({key: value[rows] for key, value in output.items()}, [cases[n] for n in rows])],
        )
        for rows in rounds
    ]
    for name in ("retrieval_histogram", "retrieval_voxels"):
        assert found[name] == pytest.approx(sum(each[name] for each in alone) / 2)


@pytest.mark.parametrize("among", [0, 1, -3, 2.5, "16"])
def test_a_round_has_two_crops_of_a_scan_at_least(among):
    with pytest.raises(UserError, match=r"search_crops: .* 2 or more"):
        MatchingSkill(among=among)
