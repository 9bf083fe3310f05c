"""The network of relative patch location: size, both patches alike, what learns."""

import math

import pytest
import torch
from torch import nn

from medssl.networks import FeatureEncoder, RelativePatchNetwork
from medssl.pretext import RelativePatchPretext
from medssl.random import fold

SEEDS = torch.tensor([fold(3, 0, index) for index in range(6)])


@pytest.fixture
def small():
    torch.manual_seed(0)
    return RelativePatchNetwork(base_channels=2), torch.rand(6, 2, 16, 16, 8)


def test_parameter_count_is_the_papers():
    assert sum(p.numel() for p in RelativePatchNetwork().parameters()) == 7_219_482


def test_both_patches_go_the_same_way_and_keep_their_order(small):
    """Written out patch by patch, in eval mode, where patches do not share statistics."""
    network, images = small
    network.eval()
    codes = []
    for patch in (0, 1):
        deepest = network.encoder(images[:, patch : patch + 1])[-1].mean((2, 3, 4))
        codes.append(torch.relu(network.code.norm(network.code.fc(deepest))))
    hidden = torch.relu(network.head.fc1(torch.cat(codes, dim=1)))
    torch.testing.assert_close(network(images), network.head.fc2(hidden))


def test_batch_norm_is_pooled_over_both_patches(small):
    network, images = small
    network.code.norm.momentum = 1.0
    network(images)
    single = images.reshape(12, 1, 16, 16, 8)
    features = network.code.fc(network.encoder(single)[-1].mean((2, 3, 4)))
    torch.testing.assert_close(network.code.norm.running_mean, features.mean(0))


def test_every_parameter_learns(small):
    network, images = small
    loss = nn.CrossEntropyLoss()(network(images), torch.arange(6))
    loss.backward()
    for name, parameter in network.named_parameters():
        if name.endswith((".conv.bias", "code.fc.bias")):  # batch norm takes the mean off again
            assert parameter.grad is not None, name
        else:
            assert parameter.grad.abs().sum() > 0, name


def test_loss_is_log_26_with_the_last_layer_zeroed(small):
    network, images = small
    nn.init.zeros_(network.head.fc2.weight)
    loss = nn.CrossEntropyLoss()(network(images), torch.arange(6))
    assert loss.item() == pytest.approx(math.log(26))


def test_scripted_network_and_inference_network_agree(small):
    network, images = small
    network.eval()
    assert torch.equal(torch.jit.script(network)(images), network(images))
    features = FeatureEncoder(2)
    features.load_state_dict(network.state_dict(), strict=False)
    deepest = network.encoder(images[:, :1])[-1].mean((2, 3, 4))
    torch.testing.assert_close(features.eval()(images[:, :1]), deepest)


@pytest.mark.gpu
def test_gpu_and_cpu_agree(small):
    network, images = small
    network.eval()
    outputs = {}
    for device in ("cpu", "cuda"):
        inputs, targets = RelativePatchPretext()(images.to(device), SEEDS[:6])
        outputs[device] = network.to(device)(inputs).cpu(), targets.cpu()
    torch.testing.assert_close(outputs["cuda"], outputs["cpu"], rtol=1e-3, atol=1e-3)
