"""The shared network: the paper's sizes, what batch norm may do, scripting."""

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.networks import (
    Encoder,
    EncoderClassifier,
    FeatureEncoder,
    SiameseProjection,
    UNet3D,
)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (lambda: UNet3D(), 19_073_665),
        (lambda: UNet3D(out_channels=3), 19_073_795),
        (lambda: UNet3D(skip=False), 16_751_233),
        (lambda: Encoder(), 7_027_776),
    ],
)
def test_parameter_counts_are_the_papers(network, parameters):
    assert count(network()) == parameters


def test_block_counts_and_entries_are_the_papers():
    network = UNet3D()
    blocks = [count(block) for block in network.encoder.blocks]
    stages = [count(stage) for stage in network.decoder.stages]
    assert blocks == [56_448, 332_352, 1_328_256, 5_310_720]
    assert stages == [9_177_088, 2_294_784, 573_952]
    assert count(network.head) == 65
    assert len(network.state_dict()) == 106


def test_names_start_with_their_part():
    prefixes = {name.split(".")[0] for name in UNet3D(base_channels=2).state_dict()}
    assert prefixes == {"encoder", "decoder", "head"}


def small_networks() -> list[tuple[nn.Module, torch.Tensor]]:
    torch.manual_seed(1)
    image = torch.rand(2, 1, 16, 24, 8)
    return [
        (UNet3D(base_channels=2), image),
        (UNet3D(base_channels=2, skip=False, activation="sigmoid"), image),
        (UNet3D(out_channels=3, base_channels=2, batch_norm="batch", activation="softmax"), image),
        (EncoderClassifier(10, base_channels=2), image),
        (SiameseProjection(2), torch.rand(2, 2, 16, 16, 8)),
        (FeatureEncoder(2), image),
    ]


def test_scripted_networks_agree_with_eager_ones():
    for network, image in small_networks():
        network.eval()
        assert torch.equal(torch.jit.script(network)(image), network(image))


def test_channels_last_and_autocast_change_little():
    for network, image in small_networks():
        network.eval()
        expected = network(image)
        network.to(memory_format=torch.channels_last_3d)
        torch.testing.assert_close(network(image), expected, rtol=1e-3, atol=1e-4)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert network(image).float().sub(expected).abs().max() < 0.2 * expected.abs().max()


def test_output_shapes():
    shapes = [tuple(network(image).shape) for network, image in small_networks()]
    image = (16, 24, 8)
    assert shapes == [(2, 1, *image), (2, 1, *image), (2, 3, *image), (2, 10), (2, 512), (2, 32)]


def test_every_parameter_gets_a_gradient():
    for network, image in small_networks():
        network(image).square().sum().backward()
        missing = [n for n, p in network.named_parameters() if p.grad is None]
        assert missing == []


def test_running_batch_norm_ignores_batch_mates_and_batch_statistics_do_not():
    torch.manual_seed(2)
    image, mates = torch.rand(1, 1, 16, 16, 8), 5 * torch.rand(3, 1, 16, 16, 8)
    outputs = {}
    for kind in ("running", "batch"):
        network = UNet3D(base_channels=2, batch_norm=kind).eval()
        alone, together = network(image)[0], network(torch.cat([image, mates]))[0]
        outputs[kind] = (alone - together).abs().max().item()
    assert outputs["running"] < 1e-5
    assert outputs["batch"] > 1e-2


@pytest.mark.parametrize("arguments", [{"batch_norm": "group"}, {"activation": "tanh"}])
def test_unknown_options_name_the_key(arguments):
    with pytest.raises(UserError, match=next(iter(arguments))):
        UNet3D(base_channels=2, **arguments)
