"""The network's units: where weights start, batch norm by the batch, where a network is put."""

import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.networks import BatchStatNorm3d, UNet3D, place
from medssl.networks.blocks import make_norm, synchronise_batch_norm


def test_initialisation_is_kaiming_fan_in():
    torch.manual_seed(0)
    convolution = UNet3D().encoder.blocks[3].unit2.conv
    fan_in = convolution.in_channels * 27
    assert convolution.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.02)
    assert convolution.bias.abs().max() == 0


def test_batch_statistics_norm_trains_like_batch_norm_and_leaves_buffers_in_eval():
    torch.manual_seed(3)
    ours, torchs, image = BatchStatNorm3d(4), nn.BatchNorm3d(4), torch.rand(3, 4, 4, 4, 4)
    assert torch.equal(ours(image), torchs(image))
    assert torch.equal(ours.running_var, torchs.running_var)
    before = ours.running_mean.clone()
    expected = (image - image.mean((0, 2, 3, 4), keepdim=True)) / (
        image.var((0, 2, 3, 4), keepdim=True, unbiased=False) + 1e-5
    ).sqrt()
    torch.testing.assert_close(ours.eval()(image), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(ours.running_mean, before)


def test_statistics_of_the_batch_are_not_synchronised():
    with pytest.raises(UserError, match=r"sync_batch_norm.*'running', got 'batch'"):
        synchronise_batch_norm(UNet3D(base_channels=2, batch_norm="batch"))


def test_an_unknown_norm_is_named_with_those_that_there_are():
    with pytest.raises(UserError, match=r"batch_norm: expected one of \['batch', 'running'\]"):
        make_norm("layer", 4)


def test_placing_changes_the_layout_alone():
    network = UNet3D(base_channels=2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    placed = place(network, "cpu", channels_last=True)
    weight = network.encoder.blocks[1].unit1.conv.weight
    assert placed is network
    assert weight.is_contiguous(memory_format=torch.channels_last_3d)
    assert not weight.is_contiguous()
    torch.testing.assert_close(dict(network.state_dict()), before, rtol=0, atol=0)


def test_a_cpu_has_no_batch_norm_across_devices():
    with pytest.raises(UserError, match="sync_batch_norm: needs CUDA devices"):
        place(UNet3D(base_channels=2), "cpu", sync_batch_norm=True)
