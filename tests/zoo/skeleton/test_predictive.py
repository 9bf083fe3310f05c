"""The class says what was done to the crop, and nothing else decides."""

import math

import pytest
import torch
from torch import nn

from medssl.networks import EncoderClassifier
from medssl.zoo.skeleton.predictive import PredictivePretext

METHOD = PredictivePretext()
CLASSES = 8
SEEDS = torch.arange(4000)
SHAPE = (6, 5, 4)


def test_the_class_undoes_the_transform():
    images = torch.rand(40, 2, *SHAPE)
    inputs, targets = METHOD(images, SEEDS[:40])
    assert targets.dtype == torch.int64
    for image, given, target in zip(images, inputs, targets.tolist()):
        axes = [axis + 1 for axis in range(3) if target >> axis & 1]
        assert torch.equal(given.flip(axes), image)


def test_every_class_is_equally_likely():
    counts = torch.bincount(METHOD.draw(SEEDS, SHAPE).classes, minlength=CLASSES)
    expected = len(SEEDS) / CLASSES
    assert len(counts) == CLASSES
    assert ((counts - expected) ** 2 / expected).sum() < 29.9  # chi-square, 7 degrees, p = 1e-4


def test_seeds_decide_and_batch_mates_do_not():
    images = torch.rand(6, 1, *SHAPE)
    before = images.clone()
    together, alone = METHOD(images, SEEDS[:6]), METHOD(images[3:4], SEEDS[3:4])
    assert all(torch.equal(part[3:4], one) for part, one in zip(together, alone))
    assert torch.equal(images, before)


def test_every_parameter_learns_and_guessing_costs_the_logarithm_of_the_classes():
    torch.manual_seed(0)
    network = EncoderClassifier(CLASSES, base_channels=2)
    inputs, targets = METHOD(torch.rand(4, 1, 16, 16, 16), SEEDS[:4])
    nn.functional.cross_entropy(network(inputs), targets).backward()
    for name, parameter in network.named_parameters():
        if not name.endswith(".conv.bias"):  # batch norm takes the mean off again
            assert parameter.grad.abs().sum() > 0, name
    nn.init.zeros_(network.head.fc2.weight)
    nn.init.zeros_(network.head.fc2.bias)
    loss = nn.functional.cross_entropy(network(inputs), targets)
    assert loss.item() == pytest.approx(math.log(CLASSES), rel=1e-6)


@pytest.mark.gpu
def test_gpu_and_cpu_agree():
    images = torch.rand(8, 1, 8, 8, 8)
    on_cpu, on_gpu = METHOD(images, SEEDS[:8]), METHOD(images.cuda(), SEEDS[:8].cuda())
    assert all(torch.allclose(a, b.cpu(), atol=1e-4) for a, b in zip(on_cpu, on_gpu))
