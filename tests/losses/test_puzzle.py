"""The puzzle's loss against equations 6 and 8 written out."""

import math

import pytest
import torch

from medssl.errors import UserError
from medssl.losses.puzzle import PuzzleLoss, split_heads

CLASSES, CUBES = 5, 8


def answers(count, heads):
    generator = torch.Generator().manual_seed(heads)
    pred = 3 * torch.randn(count, CLASSES + CUBES * heads, generator=generator)
    orders = torch.randint(0, CLASSES, (count, 1), generator=generator)
    flags = torch.randint(0, 2, (count, CUBES * heads), generator=generator)
    return pred, torch.cat([orders, flags], dim=1)


def literal(pred, target, weights):
    total = 0.0
    for logits, truth in zip(pred.tolist(), target.tolist(), strict=True):
        chances = [math.exp(value) for value in logits[:CLASSES]]
        total -= weights[0] * math.log(chances[truth[0]] / sum(chances))
        for head, weight in enumerate(weights[1:]):
            for cube in range(CUBES):
                place = head * CUBES + cube
                chance = 1 / (1 + math.exp(-logits[CLASSES + place]))
                right = chance if truth[1 + place] else 1 - chance
                total -= weight * math.log(right) / CUBES
    return total / len(pred)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 2.0, 0.5), (0.3, 1.0, 1.0, 4.0)])
def test_it_is_the_weighted_sum_of_the_heads(weights):
    pred, target = answers(7, len(weights) - 1)
    assert float(PuzzleLoss(weights)(pred, target)) == pytest.approx(
        literal(pred, target, weights), rel=1e-5
    )


def test_it_is_computed_in_float32_whatever_surrounds_it():
    pred, target = answers(7, 2)
    loss, half = PuzzleLoss((1.0, 1.0, 1.0)), pred.bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        found = loss(half, target)
    assert found.dtype == torch.float32
    assert found == loss(half.float(), target)


def test_no_knowledge_costs_the_logarithm_of_the_choices():
    _, target = answers(4, 2)
    found = PuzzleLoss((1.0, 1.0, 1.0))(torch.zeros(4, CLASSES + 2 * CUBES), target)
    assert float(found) == pytest.approx(math.log(CLASSES) + 2 * math.log(2))


def test_heads_come_apart_in_their_order():
    pred = torch.arange(CLASSES + 2 * CUBES)[None].float()
    target = torch.arange(1 + 2 * CUBES)[None]
    order_logits, orders, flag_logits, flags = split_heads(pred, target)
    assert order_logits.tolist() == [[0, 1, 2, 3, 4]]
    assert orders.tolist() == [0]
    assert flag_logits.flatten().tolist() == list(range(CLASSES, CLASSES + 2 * CUBES))
    assert flags[0, 1].tolist() == list(range(9, 17))


@pytest.mark.parametrize(("width", "told"), [(CLASSES + 9, 10), (CLASSES + 8, 17), (9, 9)])
def test_sizes_that_do_not_fit_are_named(width, told):
    with pytest.raises(UserError, match=f"puzzle: {width} logits for {told - 1} flags"):
        split_heads(torch.zeros(1, width), torch.zeros(1, told, dtype=torch.long))


def test_each_head_needs_a_weight():
    with pytest.raises(UserError, match=r"loss weights: \[1.0, 1.0\], expected 3"):
        PuzzleLoss((1.0, 1.0))(*answers(2, 2))


def test_outputs_and_weights_that_do_not_fit_the_targets_are_named():
    with pytest.raises(UserError, match="network \\(flag_heads\\)"):
        PuzzleLoss()(torch.zeros(2, 12), torch.zeros(2, 17, dtype=torch.int64))
    with pytest.raises(UserError, match="loss weights"):
        PuzzleLoss([1.0])(torch.zeros(2, 116), torch.zeros(2, 17, dtype=torch.int64))
