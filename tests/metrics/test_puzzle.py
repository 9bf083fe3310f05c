"""Accuracy of the parts of a puzzle, by a loop over single answers."""

import pytest
import torch
from ignite.exceptions import NotComputableError

from medssl.errors import UserError
from medssl.metrics.puzzle import PuzzleAccuracy

CLASSES, CUBES = 5, 8


def answers(count, heads, seed=0):
    """Random logits and targets of a puzzle with so many flag heads."""
    generator = torch.Generator().manual_seed(seed)
    pred = torch.randn(count, CLASSES + CUBES * heads, generator=generator)
    orders = torch.randint(0, CLASSES, (count, 1), generator=generator)
    flags = torch.randint(0, 2, (count, CUBES * heads), generator=generator)
    return pred, torch.cat([orders, flags], dim=1)


def literal(pred, target, heads):
    """Shares of right orders, turns (both heads together) and masks."""
    right = {"order": [], "rotation": [], "mask": []}
    for logits, truth in zip(pred.tolist(), target.tolist(), strict=True):
        right["order"].append(max(range(CLASSES), key=logits.__getitem__) == truth[0])
        for head in range(heads):
            for cube in range(CUBES):
                place = head * CUBES + cube
                hit = (logits[CLASSES + place] > 0) == bool(truth[1 + place])
                right["rotation" if head < 2 else "mask"].append(hit)
    found = {part: sum(hits) / len(hits) for part, hits in right.items() if hits}
    return {**found, "mean": sum(found.values()) / len(found)}


def accuracy(part, *batches):
    metric = PuzzleAccuracy(part)
    for batch in batches:
        metric.update(batch)
    return metric.compute()


@pytest.mark.parametrize("heads", [0, 2, 3])
def test_every_part_equals_the_loop_whatever_the_batches(heads):
    pred, target = answers(13, heads)
    expected = literal(pred, target, heads)
    for part, value in expected.items():
        assert accuracy(part, (pred, target)) == pytest.approx(value)
        parts = ((pred[:4], target[:4]), (pred[4:], target[4:]))
        assert accuracy(part, *parts) == pytest.approx(value)


def test_all_right_is_one_and_all_wrong_is_none():
    _, target = answers(6, 3)
    pred = torch.cat([torch.eye(CLASSES)[target[:, 0]], target[:, 1:] - 0.5], dim=1)
    assert accuracy("mean", (pred, target)) == 1
    assert accuracy("mean", (-pred, target)) == 0


@pytest.mark.parametrize(("heads", "part"), [(0, "rotation"), (2, "mask")])
def test_a_part_that_the_puzzle_does_not_have_is_named(heads, part):
    with pytest.raises(UserError, match=f"no {part}"):
        accuracy(part, answers(2, heads))


def test_what_cannot_be_counted_is_said():
    with pytest.raises(UserError, match="part: expected one of"):
        PuzzleAccuracy("corners")
    with pytest.raises(NotComputableError):
        accuracy("mean")
    pred, target = answers(2, 2)
    with pytest.raises(UserError, match="do not fit together"):
        accuracy("mean", (pred, target[:, :-1]))


def test_accuracies_by_part():
    targets = torch.zeros(2, 25, dtype=torch.int64)
    targets[1, 1:9] = 1
    logits = torch.full((2, 124), -1.0)
    logits[:, 0] = 5  # the order is right twice, the first head is wrong for the second sample
    logits[0, 123] = 5  # one mask of sixteen is wrong
    expected = {"order": 1.0, "rotation": 0.75, "mask": 15 / 16, "mean": (1.75 + 15 / 16) / 3}
    for part, value in expected.items():
        metric = PuzzleAccuracy(part)
        for row in range(2):
            metric.update((logits[row : row + 1], targets[row : row + 1]))
        assert metric.compute() == pytest.approx(value)
    jigsaw = PuzzleAccuracy("mask")
    jigsaw.update((logits[:, :100], targets[:, :1]))
    with pytest.raises(UserError, match="no mask"):
        jigsaw.compute()
