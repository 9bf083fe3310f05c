"""Rotation, Models Genesis and SimCLR: an untrained network's loss, and who learns."""

import math

import pytest
import torch
from torch import nn

from medssl.losses import NTXentLoss
from medssl.networks import EncoderClassifier, SiameseProjection, UNet3D
from medssl.pretext import ModelsGenesisPretext, RotationPretext, SimCLRPretext

SEEDS = torch.arange(4)


def rotation():
    inputs, targets = RotationPretext()(torch.rand(4, 1, 16, 16, 16), SEEDS)
    return EncoderClassifier(10, base_channels=2), nn.CrossEntropyLoss(), inputs, targets


def models_genesis(skip=True):
    inputs, targets = ModelsGenesisPretext(windows=20)(torch.rand(4, 1, 16, 16, 16), SEEDS)
    network = UNet3D(base_channels=2, skip=skip, activation="sigmoid")
    return network, nn.MSELoss(), inputs, targets


def simclr():
    inputs, targets = SimCLRPretext()(torch.rand(4, 2, 16, 16, 16), SEEDS)
    return SiameseProjection(base_channels=2), NTXentLoss(), inputs, targets


METHODS = [rotation, models_genesis, lambda: models_genesis(skip=False), simclr]


@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_learns(method):
    torch.manual_seed(0)
    network, loss, inputs, targets = method()
    loss(network(inputs), targets).backward()
    for name, parameter in network.named_parameters():
        if name.endswith(".conv.bias"):  # batch norm takes the mean off again
            assert parameter.grad is not None, name
        else:
            assert parameter.grad.abs().sum() > 0, name


def test_guessing_a_rotation_costs_the_logarithm_of_ten():
    network, loss, inputs, targets = rotation()
    nn.init.zeros_(network.head.fc2.weight)
    nn.init.zeros_(network.head.fc2.bias)
    assert loss(network(inputs), targets).item() == pytest.approx(math.log(10), rel=1e-6)


def test_a_grey_restoration_costs_the_distance_to_one_half():
    network, loss, inputs, targets = models_genesis()
    nn.init.zeros_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    torch.testing.assert_close(loss(network(inputs), targets), (targets - 0.5).square().mean())


def test_one_embedding_for_all_views_costs_the_logarithm_of_the_candidates():
    network, loss, inputs, targets = simclr()
    nn.init.zeros_(network.projector.fc2.weight)
    nn.init.ones_(network.projector.fc2.bias)
    assert loss(network(inputs), targets).item() == pytest.approx(math.log(2 * 4 - 1), rel=1e-5)
