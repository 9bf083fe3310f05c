"""Autoencoder: input and target are one crop, mirrored by its seed."""

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.networks import UNet3D
from medssl.pretext import AutoencoderPretext
from medssl.random import fold
from medssl.transforms import flip

SEEDS = torch.tensor([fold(5, 0, index) for index in range(4000)])


def test_input_is_the_target_and_flips_undo_it():
    images = torch.rand(30, 2, 6, 5, 4)
    method = AutoencoderPretext()
    inputs, targets = method(images, SEEDS[:30])
    assert torch.equal(inputs, targets)
    assert torch.equal(flip(inputs, method.draw(SEEDS[:30], (6, 5, 4)).flips), images)


def test_flips_are_those_of_a_literal_loop():
    shape = (6, 5, 4)
    images = torch.rand(30, 1, *shape)
    inputs, _ = AutoencoderPretext()(images, SEEDS[:30])
    flips = AutoencoderPretext().draw(SEEDS[:30], shape).flips.tolist()
    for crop, mirrored, flags in zip(images[:, 0].numpy(), inputs[:, 0].numpy(), flips):
        for place in np.ndindex(shape):
            source = [n - 1 - i if flag else i for i, n, flag in zip(place, shape, flags)]
            assert mirrored[place] == crop[tuple(source)]


def test_each_of_the_eight_mirrorings_is_equally_likely():
    flips = AutoencoderPretext().draw(SEEDS, (4, 4, 4)).flips
    counts = torch.bincount((flips.long() * torch.tensor([4, 2, 1])).sum(1), minlength=8)
    assert ((counts - 500) ** 2 / 500).sum() < 29.9  # chi-square, 7 degrees, p = 1e-4


def test_rates_and_bad_rates():
    images = torch.rand(4, 1, 4, 4, 4)
    assert torch.equal(AutoencoderPretext(0.0)(images, SEEDS[:4])[0], images)
    assert torch.equal(AutoencoderPretext(1.0)(images, SEEDS[:4])[0], images.flip(2, 3, 4))
    with pytest.raises(UserError, match=r"flip_rate.*1\.5"):
        AutoencoderPretext(1.5)


def test_batch_mates_do_not_matter():
    images = torch.rand(6, 1, 4, 4, 4)
    together, _ = AutoencoderPretext()(images, SEEDS[:6])
    alone, _ = AutoencoderPretext()(images[3:4], SEEDS[3:4])
    assert torch.equal(together[3:4], alone)


@pytest.mark.parametrize("skip", [True, False])
def test_every_parameter_learns_and_a_zeroed_head_says_one_half(skip):
    torch.manual_seed(0)
    network = UNet3D(base_channels=2, skip=skip, activation="sigmoid")
    inputs, targets = AutoencoderPretext()(torch.rand(4, 1, 16, 16, 8), SEEDS[:4])
    torch.nn.functional.mse_loss(network(inputs), targets).backward()
    for name, parameter in network.named_parameters():
        if name.endswith(".conv.bias"):  # batch norm takes the mean off again
            assert parameter.grad is not None, name
        else:
            assert parameter.grad.abs().sum() > 0, name
    torch.nn.init.zeros_(network.head.weight)
    torch.nn.init.zeros_(network.head.bias)
    loss = torch.nn.functional.mse_loss(network(inputs), targets)
    torch.testing.assert_close(loss, (targets - 0.5).square().mean())


@pytest.mark.gpu
def test_gpu_and_cpu_agree():
    images = torch.rand(8, 1, 8, 8, 8)
    inputs, _ = AutoencoderPretext()(images, SEEDS[:8])
    assert torch.equal(AutoencoderPretext()(images.cuda(), SEEDS[:8].cuda())[0].cpu(), inputs)
