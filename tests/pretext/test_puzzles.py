"""Jigsaw, Rubik's cube and Rubik's cube+: labels tell the truth about the inputs."""

import pytest
import torch

from medssl.losses import PuzzleLoss
from medssl.pretext import RubiksCubePretext
from medssl.transforms import puzzle_orders

from .puzzles import PUZZLES, SEEDS, cubes, literal


@pytest.mark.parametrize("flags", PUZZLES)
def test_inputs_follow_from_the_labels(flags):
    images = cubes()
    inputs, targets = PUZZLES[flags]()(images, SEEDS[:6])
    assert targets.shape == (6, 1 + 8 * flags)
    for image, puzzle, target in zip(images, inputs, targets, strict=True):
        assert torch.equal(puzzle, literal(image, target, puzzle > 0))


@pytest.mark.parametrize("flags", [0, 2])
def test_labels_take_the_puzzle_apart_again(flags):
    images = cubes()
    inputs, targets = PUZZLES[flags]()(images, SEEDS[:6])
    for image, puzzle, target in zip(images, inputs, targets, strict=True):
        solved = torch.empty_like(image)
        for place, cube in enumerate(puzzle_orders("maximin")[target[0]]):
            turned = puzzle[place]
            if flags and target[1 + place]:
                turned = turned.flip(1, 2)
            if flags and target[9 + place]:
                turned = turned.flip(0, 1)
            solved[cube] = turned
        assert torch.equal(solved, image)


@pytest.mark.parametrize("flags", PUZZLES)
def test_batch_mates_do_not_matter_and_images_stay(flags):
    images = cubes()
    before = images.clone()
    together, alone = PUZZLES[flags]()(images, SEEDS[:6]), PUZZLES[flags]()(images[3:4], SEEDS[3:4])
    assert torch.equal(images, before)
    assert torch.equal(together[0][3:4], alone[0])
    assert torch.equal(together[1][3:4], alone[1])


@pytest.mark.gpu
@pytest.mark.parametrize("flags", PUZZLES)
def test_the_same_on_the_gpu(flags):
    images = cubes()
    cpu, gpu = PUZZLES[flags]()(images, SEEDS[:6]), PUZZLES[flags]()(images.cuda(), SEEDS[:6])
    assert all(torch.equal(a, b.cpu()) for a, b in zip(cpu, gpu, strict=True))


def test_loss_is_the_weighted_sum_of_its_heads():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 116, generator=generator)
    _, targets = RubiksCubePretext()(cubes(5), SEEDS[:5])
    expected = 0.0
    for sample in range(5):
        row = logits[sample]
        order = -torch.log_softmax(row[:100], 0)[targets[sample, 0]]
        flags = [0.0, 0.0]
        for head in range(2):
            for place in range(8):
                p = torch.sigmoid(row[100 + 8 * head + place])
                y = targets[sample, 1 + 8 * head + place]
                flags[head] -= (p if y else 1 - p).log() / 8
        expected += (0.5 * order + 2 * flags[0] + 3 * flags[1]) / 5
    assert PuzzleLoss([0.5, 2, 3])(logits, targets).item() == pytest.approx(float(expected))
