"""A target is a copy that nothing but its moving average changes."""

import torch
from torch import nn

from medssl.networks import target_of


def test_a_target_has_the_values_and_neither_the_memory_nor_the_gradient():
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    target = target_of(network)
    torch.testing.assert_close(dict(target.state_dict()), dict(network.state_dict()))
    places = {value.data_ptr() for value in network.state_dict().values()}
    assert not places & {value.data_ptr() for value in target.state_dict().values()}
    assert not any(parameter.requires_grad for parameter in target.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_step_of_the_network_leaves_the_target_behind():
    network = nn.Linear(3, 2)
    target = target_of(network)
    optimiser = torch.optim.SGD([*network.parameters(), *target.parameters()], lr=1.0)
    before = target.weight.clone()
    (network(torch.ones(1, 3)) + target(torch.ones(1, 3))).sum().backward()
    optimiser.step()
    assert torch.equal(target.weight, before)
    assert not torch.equal(network.weight, before)
