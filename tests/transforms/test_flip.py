"""Mirroring: against numpy one sample at a time, and undone."""

from itertools import product

import numpy as np
import torch

from medssl.transforms import draw_flips, flip
from medssl.transforms.flip import mirrored_channels


def test_flips_against_numpy_and_twice_is_once_back():
    images = torch.rand(8, 2, 3, 4, 5)
    flags = torch.tensor(list(product((False, True), repeat=3)))
    mirrored = flip(images, flags)
    for sample, row, result in zip(images, flags, mirrored):
        axes = [axis + 1 for axis in range(3) if row[axis]]
        assert np.array_equal(result.numpy(), np.flip(sample.numpy(), axes))
    assert torch.equal(flip(mirrored, flags), images)


def test_all_eight_flips_are_equally_likely():
    flags = draw_flips(torch.arange(8000))
    counts = torch.bincount((flags * torch.tensor([4, 2, 1])).sum(1), minlength=8)
    # Chi-square with 7 degrees of freedom, limit at p = 1e-4.
    assert ((counts - 1000) ** 2 / 1000).sum() < 29.9


def test_channels_come_in_their_order_each_mirrored_by_itself():
    images = torch.rand(3, 4, 2, 3, 4)
    orders = torch.tensor([[2, 0, 3, 1], [0, 1, 2, 3], [1, 1, 0, 2]])
    flags = torch.rand(3, 4, 3) < 0.5
    found = mirrored_channels(images, orders, flags)
    for sample, channel in np.ndindex(3, 4):
        axes = [axis for axis in range(3) if flags[sample, channel, axis]]
        expected = np.flip(images[sample, orders[sample, channel]].numpy(), axes)
        assert np.array_equal(found[sample, channel].numpy(), expected)
