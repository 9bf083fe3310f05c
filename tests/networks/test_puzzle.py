"""The puzzles' network: size, cubes alike, what learns, what it costs to know nothing."""

import math

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.losses import PuzzleLoss
from medssl.networks import PuzzleNetwork

from ..pretext.puzzles import PUZZLES, SEEDS, cubes

PARAMETERS = {0: 8_738_148, 2: 9_805_172, 3: 10_338_684}


@pytest.mark.parametrize(("flags", "parameters"), PARAMETERS.items())
def test_parameter_counts_are_the_papers(flags, parameters):
    network = PuzzleNetwork(flag_heads=flags)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_flag_heads_may_be_as_deep_as_the_order_head():
    """The study's appendix compares them: FC 512-1024-1024-8 instead of FC 512-1024-8."""
    network = PuzzleNetwork(flag_heads=2, rotation_head_depth=3)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters == PARAMETERS[2] + 2 * (1024 * 1024 + 1024)
    assert network(torch.zeros(2, 8, 16, 16, 16)).shape == (2, 116)


def test_other_depths_are_refused_by_their_key():
    with pytest.raises(UserError, match="rotation_head_depth: 4, expected 2 or 3"):
        PuzzleNetwork(flag_heads=2, rotation_head_depth=4, base_channels=2)


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
