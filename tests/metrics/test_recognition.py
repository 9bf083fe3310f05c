"""Recognition beside guessing."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from medssl.metrics import PuzzleSkill, RecognitionSkill
from medssl.metrics.bootstrap import draw_clusters, percentile_interval
from medssl.metrics.skill import COVERAGE, RESAMPLES
from tests.helpers import figures_of, on_two_ranks


def told(classes, number, right):
    """Logits that name the class of the first ``right`` samples and a wrong one of the others."""
    wrong = (classes + 1) % number
    return one_hot(torch.where(torch.arange(len(classes)) < right, classes, wrong), number).float()


def test_accuracy_is_measured_from_the_better_trivial_answer():
    classes = torch.arange(5).repeat(8)
    found = figures_of(
        RecognitionSkill(), [({"pred": told(classes, 5, 24), "label": classes}, ["a", "b"] * 20)]
    )
    assert found["accuracy_chance"] == found["accuracy_most_frequent"] == 0.2
    assert found["skill"] == pytest.approx((0.6 - 0.2) / 0.8)
    skewed = torch.tensor([0] * 30 + [1] * 10)
    found = figures_of(
        RecognitionSkill(), [({"pred": told(skewed, 5, 40), "label": skewed}, ["a", "b"] * 20)]
    )
    assert found["accuracy_most_frequent"] == 0.75
    assert found["skill"] == 1
    always = torch.zeros(40, 5)
    always[:, 0] = 1
    found = figures_of(RecognitionSkill(), [({"pred": always, "label": skewed}, ["a", "b"] * 20)])
    assert found["skill"] == pytest.approx(0)


def test_one_frequent_class_is_named_in_all_scans_and_resamples():
    """Against the slow way; scans in which another class is frequent do not choose that one."""
    generator = torch.Generator().manual_seed(2)
    classes = torch.randint(5, (30,), generator=generator)
    right = torch.rand(30, generator=generator) < 0.5
    pred = one_hot(torch.where(right, classes, (classes + 1) % 5), 5).float()
    scans = list("abcdef" * 5)
    found = figures_of(RecognitionSkill(), [({"pred": pred, "label": classes}, scans)])
    named = int(classes.bincount().argmax())

    def skill(places):
        trivial = max(sum(int(classes[n]) == named for n in places) / len(places), 0.2)
        return (sum(map(float, right[places])) / len(places) - trivial) / (1 - trivial)

    own = [[n for n in range(30) if scans[n] == scan] for scan in "abcdef"]
    times = draw_clusters(6, RESAMPLES, seed=0).astype(int)
    drawn = [skill([n for k, row in enumerate(own) for n in row * draw[k]]) for draw in times]
    low, high = percentile_interval(np.array(drawn), COVERAGE)
    assert found["skill"] == pytest.approx(skill(range(30)))
    assert [found["skill_low"], found["skill_high"]] == pytest.approx([low, high])
    assert found["skill_scans_above"] == sum(skill(row) > 0 for row in own)


def test_guessing_as_well_is_as_likely_as_the_binomial_says():
    classes = torch.zeros(6, dtype=torch.int64)
    found = figures_of(
        RecognitionSkill(), [({"pred": told(classes, 2, 5), "label": classes}, list("abcdef"))]
    )
    expected = sum(math.comb(6, k) for k in (5, 6)) / 2**6
    assert found["p_chance"] == pytest.approx(expected)


def test_a_puzzle_is_judged_part_by_part():
    orders = torch.arange(4).repeat(5)
    flags = torch.zeros(20, 3, 8)
    flags[:, :2, :4] = 1  # rotations: half on; mask: none
    label = torch.cat([orders[:, None].float(), flags.flatten(1)], dim=1)
    perfect = torch.cat([told(orders, 4, 20), 2 * flags.flatten(1) - 1], dim=1)
    found = figures_of(PuzzleSkill(), [({"pred": perfect, "label": label}, ["a", "b"] * 10)])
    assert found["skill_order"] == found["skill_rotation"] == found["accuracy_mask"] == 1
    assert found["accuracy_order_trivial"] == 0.25
    assert found["accuracy_rotation_trivial"] == 0.5
    assert found["accuracy_mask_trivial"] == 1
    assert found["accuracy_order_chance"] == 0.25
    assert found["accuracy_rotation_chance"] == found["accuracy_mask_chance"] == 0.5
    lost = torch.cat([told(orders, 4, 5), -torch.ones(20, 24)], dim=1)
    found = figures_of(PuzzleSkill(), [({"pred": lost, "label": label}, ["a", "b"] * 10)])
    assert found["skill_order"] == found["skill_rotation"] == found["skill"] == pytest.approx(0)
    flags[:10, 2] = 1
    label = torch.cat([orders[:, None].float(), flags.flatten(1)], dim=1)
    masks = 2 * flags.flatten(1) - 1
    masks[:, :16] = -1
    told_by_air = torch.cat([told(orders, 4, 5), masks], dim=1)
    found = figures_of(PuzzleSkill(), [({"pred": told_by_air, "label": label}, ["a", "b"] * 10)])
    assert found["skill_mask"] == 1
    assert found["skill"] == pytest.approx(0)


def test_guessing_a_puzzle_is_as_likely_as_the_binomial_says():
    orders = torch.tensor([0, 1, 2])
    flags = torch.ones(3, 2, 8)
    answers = 2 * flags - 1
    answers[0, 0, :5] = -1  # five of 48 turns are wrong
    label = torch.cat([orders[:, None].float(), flags.flatten(1)], dim=1)
    pred = torch.cat([told(orders, 4, 2), answers.flatten(1)], dim=1)
    found = figures_of(PuzzleSkill(), [({"pred": pred, "label": label}, ["a", "b", "b"])])
    order = sum(math.comb(3, k) * 0.25**k * 0.75 ** (3 - k) for k in (2, 3))
    assert found["p_chance_order"] == pytest.approx(order)
    assert found["p_chance_rotation"] == pytest.approx(
        sum(math.comb(48, k) for k in range(43, 49)) / 2**48
    )
    jigsaw = {"pred": told(orders, 4, 2), "label": orders[:, None].float()}
    alone = figures_of(PuzzleSkill(), [(jigsaw, ["a", "b", "b"])])
    assert alone["p_chance_order"] == pytest.approx(order)
    assert "p_chance_rotation" not in alone


def _puzzle():
    generator = torch.Generator().manual_seed(4)
    orders = torch.randint(4, (6, 1), generator=generator).float()
    label = torch.cat([orders, torch.randint(2, (6, 16), generator=generator).float()], dim=1)
    return {"pred": torch.randn(6, 20, generator=generator), "label": label}, list("aabbcc")


def _figures_of_rank(rank):
    metric = PuzzleSkill()
    metric.reset()
    if rank == 0:
        metric.update(_puzzle())
    return metric.compute()


def test_a_rank_without_samples_reports_what_the_others_have(tmp_path):
    for found in on_two_ranks(_figures_of_rank, tmp_path):
        assert found == figures_of(PuzzleSkill(), [_puzzle()])
