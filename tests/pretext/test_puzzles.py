"""Jigsaw, Rubik's cube and Rubik's cube+: labels tell the truth, heads and losses fit."""

import math

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.losses import PuzzleLoss
from medssl.metrics import PuzzleAccuracy
from medssl.networks import PuzzleNetwork
from medssl.pretext import JigsawPretext, RubiksCubePlusPretext, RubiksCubePretext
from medssl.random import fold
from medssl.transforms import puzzle_orders

SEEDS = torch.tensor([fold(5, 0, index) for index in range(4000)])
PUZZLES = {0: JigsawPretext, 2: RubiksCubePretext, 3: RubiksCubePlusPretext}
PARAMETERS = {0: 8_738_148, 2: 9_805_172, 3: 10_338_684}


def cubes(batch=6, size=(4, 3, 2)):
    return 0.1 + 0.9 * torch.rand(batch, 8, *size, generator=torch.Generator().manual_seed(2))


def literal(image, target, keep=None):
    """One sample, place by place, from its labels; ``keep`` says which voxels a mask left."""
    order = puzzle_orders("maximin")[target[0]]
    flags = target[1:].reshape(-1, 8)
    out = torch.empty_like(image)
    for place in range(8):
        cube = image[order[place]]
        if len(flags) >= 2:
            if flags[0, place]:  # about x
                cube = torch.rot90(cube, 2, (1, 2))
            if flags[1, place]:  # about z
                cube = torch.rot90(cube, 2, (0, 1))
        if len(flags) == 3 and flags[2, place]:
            cube = torch.where(keep[place], cube, 0)
        out[place] = cube
    return out


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


def test_orders_are_uniform_and_flags_independent_with_their_rates():
    params = RubiksCubePlusPretext().draw(SEEDS, (4, 4, 4))
    counts = torch.bincount(params.puzzle.classes, minlength=100)
    assert ((counts - 40.0) ** 2 / 40).sum() < 161  # chi-square, 99 degrees, p = 1e-4
    horizontal, vertical = params.puzzle.horizontal, params.puzzle.vertical
    for flag in (horizontal, vertical, params.masked):
        assert (flag.double().mean(0) - 0.5).abs().max() < 0.035
    assert (horizontal & vertical).double().mean() == pytest.approx(0.25, abs=0.01)
    assert (horizontal & params.masked).double().mean() == pytest.approx(0.25, abs=0.01)


def test_exclusive_turns_never_meet():
    params = RubiksCubePretext(turn_rate=1 / 3, exclusive_rotations=True).draw(SEEDS, (4, 4, 4))
    assert not (params.horizontal & params.vertical).any()
    for flag in (params.horizontal, params.vertical):
        assert flag.double().mean() == pytest.approx(1 / 3, abs=0.01)


def test_a_mask_keeps_its_share_and_touches_no_other_cube():
    images = cubes(40, (8, 8, 8))
    inputs, targets = RubiksCubePlusPretext(keep_rate=0.3)(images, SEEDS[:40])
    masked = targets[:, 17:].bool()
    assert (inputs[masked] > 0).double().mean() == pytest.approx(0.3, abs=0.01)
    assert (inputs[~masked] > 0).all()


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


@pytest.mark.parametrize(("flags", "parameters"), PARAMETERS.items())
def test_parameter_counts_are_the_papers(flags, parameters):
    network = PuzzleNetwork(flag_heads=flags)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_network_treats_all_cubes_alike():
    """Slow oracle: one pass for each cube, codes side by side in the order of the places."""
    network = PuzzleNetwork(flag_heads=2, base_channels=2).eval()
    images = cubes(3, (16, 16, 8))
    codes = []
    for place in range(8):
        deepest = network.encoder(images[:, place : place + 1])[-1]
        codes.append(network.code(deepest.mean((2, 3, 4))))
    joined = torch.cat(codes, dim=1)
    expected = [head(joined) for head in (network.order_head, *network.flag_heads)]
    torch.testing.assert_close(network(images), torch.cat(expected, dim=1))


@pytest.mark.parametrize("flags", PUZZLES)
def test_zeroed_heads_know_nothing(flags):
    network = PuzzleNetwork(flag_heads=flags, base_channels=2)
    for layer in (network.order_head.fc3, *(head.fc2 for head in network.flag_heads)):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    inputs, targets = PUZZLES[flags]()(cubes(4, (8, 8, 8)), SEEDS[:4])
    loss = PuzzleLoss([1.0] * (1 + flags))(network(inputs), targets)
    assert loss.item() == pytest.approx(math.log(100) + flags * math.log(2), rel=1e-6)


@pytest.mark.parametrize("flags", PUZZLES)
def test_every_parameter_learns_and_the_network_is_scriptable(flags):
    torch.manual_seed(0)
    network = PuzzleNetwork(flag_heads=flags, base_channels=2)
    inputs, targets = PUZZLES[flags]()(cubes(4, (16, 16, 8)), SEEDS[:4])
    output = network(inputs)
    assert output.shape == (4, 100 + 8 * flags)
    PuzzleLoss([1.0] * (1 + flags))(output, targets).backward()
    # A bias right before a batch norm has no influence: its gradient is zero up to rounding.
    silent = {n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert not silent
    scripted = torch.jit.script(network.eval())
    torch.testing.assert_close(scripted(inputs), network(inputs))


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


def test_bad_input():
    with pytest.raises(UserError, match="8 cubes as channels, got 2"):
        JigsawPretext()(cubes()[:, :2], SEEDS[:6])
    with pytest.raises(UserError, match="mask_rate"):
        RubiksCubePlusPretext(mask_rate=2)
    with pytest.raises(UserError, match="turn_rate"):
        RubiksCubePretext(turn_rate=0.6, exclusive_rotations=True)
    with pytest.raises(UserError, match="network \\(flag_heads\\)"):
        PuzzleLoss()(torch.zeros(2, 12), torch.zeros(2, 17, dtype=torch.int64))
    with pytest.raises(UserError, match="loss weights"):
        PuzzleLoss([1.0])(torch.zeros(2, 116), torch.zeros(2, 17, dtype=torch.int64))
    with pytest.raises(UserError, match="part"):
        PuzzleAccuracy("turns")
