"""Both views show their crops, each changed on its own."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from medssl.errors import UserError
from medssl.losses import NTXentLoss
from medssl.networks import SiameseProjection
from medssl.transforms import flip
from medssl.zoo.skeleton.contrastive import ContrastivePretext

METHOD = ContrastivePretext()
SEEDS = torch.arange(4000)
SHAPE = (16, 12, 8)


def test_a_view_keeps_the_order_of_its_crop_s_intensities():
    images = torch.rand(20, 2, *SHAPE)
    inputs, targets = METHOD(images, SEEDS[:20])
    params = METHOD.draw(SEEDS[:20], SHAPE)
    assert torch.equal(targets, SEEDS[:20])
    for view, drawn in enumerate((params.first, params.second)):
        back = flip(inputs[:, view : view + 1].contiguous(), drawn.flips)[:, 0]
        for crop, seen in zip(images[:, view].flatten(1).numpy(), back.flatten(1).numpy()):
            assert (np.diff(seen[crop.argsort()]) >= 0).all()
    assert inputs.min() >= 0
    assert inputs.max() <= 1


def test_the_views_are_drawn_independently_and_evenly():
    params = METHOD.draw(SEEDS, SHAPE)
    drawn = [
        torch.cat([view.flips.double(), view.curves.points.flatten(1)], 1)
        for view in (params.first, params.second)
    ]
    correlation = torch.corrcoef(torch.cat(drawn, 1).T)
    assert (correlation - torch.eye(14)).abs().max() < 5 / len(SEEDS) ** 0.5
    for view in drawn:
        assert view.mean(0).tolist() == pytest.approx([0.5] * 7, abs=0.04)


def test_seeds_decide_and_batch_mates_do_not():
    images = torch.rand(6, 2, *SHAPE)
    before = images.clone()
    together, alone = METHOD(images, SEEDS[:6]), METHOD(images[3:4], SEEDS[3:4])
    assert all(torch.equal(part[3:4], one) for part, one in zip(together, alone))
    assert torch.equal(images, before)


def test_every_parameter_learns_and_one_answer_for_all_costs_the_logarithm_of_the_candidates():
    torch.manual_seed(0)
    network, loss = SiameseProjection(base_channels=2), NTXentLoss()
    inputs, targets = METHOD(torch.rand(4, 2, 16, 16, 16), SEEDS[:4])
    loss(network(inputs), targets).backward()
    for name, parameter in network.named_parameters():
        if not name.endswith(".conv.bias"):  # batch norm takes the mean off again
            assert parameter.grad.abs().sum() > 0, name
    nn.init.zeros_(network.projector.fc2.weight)
    nn.init.ones_(network.projector.fc2.bias)
    assert loss(network(inputs), targets).item() == pytest.approx(math.log(2 * 4 - 1), rel=1e-5)


def test_a_single_crop_is_refused():
    with pytest.raises(UserError, match="two crops as channels, got 1"):
        METHOD(torch.rand(1, 1, 8, 8, 8), SEEDS[:1])


@pytest.mark.gpu
def test_gpu_and_cpu_agree():
    images = torch.rand(8, 2, 8, 8, 8)
    on_cpu, on_gpu = METHOD(images, SEEDS[:8]), METHOD(images.cuda(), SEEDS[:8].cuda())
    assert all(torch.allclose(a, b.cpu(), atol=1e-4) for a, b in zip(on_cpu, on_gpu))
