"""The target is the clean crop, and the network has something to restore."""

import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from medssl.errors import UserError
from medssl.networks import UNet3D
from medssl.transforms import flip
from medssl.zoo.skeleton.generative import GenerativePretext

METHOD = GenerativePretext()
SEEDS = torch.arange(4000)
SHAPE = (16, 12, 8)


def test_the_target_is_the_crop_and_the_input_a_blurred_one():
    images = torch.rand(20, 1, *SHAPE)
    inputs, targets = METHOD(images, SEEDS[:20])
    params = METHOD.draw(SEEDS[:20], SHAPE)
    assert torch.equal(flip(targets, params.flips), images)
    for given, target, sigma in zip(inputs, targets, params.sigmas.tolist()):
        blurred = gaussian_filter(target[0].double().numpy(), sigma, mode="nearest")
        assert torch.allclose(given[0], torch.from_numpy(blurred).float(), atol=1e-5)
    assert inputs.min() >= 0
    assert inputs.max() <= 1


def test_all_strengths_and_mirrorings_are_equally_likely():
    params = METHOD.draw(SEEDS, SHAPE)
    strengths = torch.bincount((params.sigmas / 3.0 * 8).long(), minlength=8)
    mirrorings = torch.bincount((params.flips * torch.tensor([4, 2, 1])).sum(1), minlength=8)
    for counts in (strengths, mirrorings):
        assert ((counts - 500) ** 2 / 500).sum() < 29.9  # chi-square, 7 degrees, p = 1e-4


def test_seeds_decide_and_batch_mates_do_not():
    images = torch.rand(6, 1, *SHAPE)
    before = images.clone()
    together, alone = METHOD(images, SEEDS[:6]), METHOD(images[3:4], SEEDS[3:4])
    # Matrix products may round differently in another batch.
    assert all(torch.allclose(part[3:4], one, atol=1e-6) for part, one in zip(together, alone))
    assert torch.equal(images, before)


def test_every_parameter_learns_and_a_grey_answer_costs_the_distance_to_one_half():
    torch.manual_seed(0)
    network = UNet3D(base_channels=2, activation="sigmoid")
    inputs, targets = METHOD(torch.rand(4, 1, 16, 16, 8), SEEDS[:4])
    nn.functional.mse_loss(network(inputs), targets).backward()
    for name, parameter in network.named_parameters():
        if not name.endswith(".conv.bias"):  # batch norm takes the mean off again
            assert parameter.grad.abs().sum() > 0, name
    nn.init.zeros_(network.head.weight)
    nn.init.zeros_(network.head.bias)
    loss = nn.functional.mse_loss(network(inputs), targets)
    torch.testing.assert_close(loss, (targets - 0.5).square().mean())


def test_bad_arguments_are_named():
    with pytest.raises(UserError, match=r"max_sigma.*-1"):
        GenerativePretext(max_sigma=-1)


@pytest.mark.gpu
def test_gpu_and_cpu_agree():
    images = torch.rand(8, 1, 8, 8, 8)
    on_cpu, on_gpu = METHOD(images, SEEDS[:8]), METHOD(images.cuda(), SEEDS[:8].cuda())
    assert all(torch.allclose(a, b.cpu(), atol=1e-4) for a, b in zip(on_cpu, on_gpu))
