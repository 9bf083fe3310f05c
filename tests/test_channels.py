"""Numbers in a channel come back, whatever the memory format, with their gradients."""

import pytest
import torch

from medssl.channels import channel_to_numbers, numbers_to_channel
from medssl.errors import UserError


def test_numbers_come_back_and_the_rest_is_zero():
    numbers = torch.randn(3, 22)
    channel = numbers_to_channel(numbers, (4, 3, 5))
    assert channel.shape == (3, 1, 4, 3, 5)
    assert torch.equal(channel_to_numbers(channel, 22), numbers)
    assert channel.flatten(1)[:, 22:].abs().max() == 0
    images = torch.cat([torch.rand(3, 2, 4, 3, 5), channel], dim=1)
    images = images.contiguous(memory_format=torch.channels_last_3d)
    assert torch.equal(channel_to_numbers(images[:, 2:], 22), numbers)


def test_gradients_pass_unchanged():
    numbers, weights = torch.randn(2, 6).requires_grad_(), torch.randn(2, 6)
    (channel_to_numbers(numbers_to_channel(numbers, (2, 2, 2)), 6) * weights).sum().backward()
    assert torch.equal(numbers.grad, weights)


def test_a_channel_too_small_is_refused():
    assert numbers_to_channel(torch.ones(1, 8), (2, 2, 2)).min() == 1
    with pytest.raises(UserError, match=r"crop_size.*\(2, 2, 2\) voxels cannot hold the 9 numbers"):
        numbers_to_channel(torch.ones(1, 9), (2, 2, 2))
