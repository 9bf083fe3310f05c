"""Blur against scipy, one sample at a time."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from medssl.transforms import draw_blur, flip, gaussian_blur

SHAPE = (16, 14, 9)


def test_blur_against_scipy():
    images = torch.rand(5, 2, *SHAPE)
    sigmas = torch.tensor([0.0, 0.1, 0.6, 1.3, 2.0], dtype=torch.float64)
    ours = gaussian_blur(images, sigmas)
    assert torch.equal(ours[:2], images[:2])
    for image, sigma, result in zip(images, sigmas.tolist(), ours):
        expected = ndimage.gaussian_filter(
            image.double().numpy(), (0, sigma, sigma, sigma), mode="nearest", truncate=4.0
        )
        assert np.abs(expected - result.numpy()).max() < 1e-5


def test_blur_of_a_constant_is_that_constant_and_flips_commute():
    sigmas = draw_blur(torch.arange(8))
    constant = torch.full((8, 1, *SHAPE), 0.3)
    assert torch.allclose(gaussian_blur(constant, sigmas), constant, atol=1e-6)
    images, flags = torch.rand(8, 1, *SHAPE), torch.ones(8, 3, dtype=torch.bool)
    assert torch.allclose(
        gaussian_blur(flip(images, flags), sigmas),
        flip(gaussian_blur(images, sigmas), flags),
        atol=1e-6,
    )


def test_blur_widths_are_uniform():
    counts = torch.histc(draw_blur(torch.arange(4000), 2.0), 10, 0, 2)
    assert ((counts - 400) ** 2 / 400).sum() < 33.7  # chi-square, 9 degrees, p = 1e-4


def test_each_axis_may_have_its_own_width():
    images, widths = torch.rand(2, 1, *SHAPE), torch.tensor([[0.0, 1.1, 0.4], [2.0, 0.0, 0.7]])
    for image, sigmas, result in zip(images, widths.tolist(), gaussian_blur(images, widths)):
        expected = ndimage.gaussian_filter(
            image[0].double().numpy(), sigmas, mode="nearest", truncate=4.0
        )
        assert np.abs(expected - result[0].numpy()).max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_types_are_kept(dtype):
    images = torch.rand(2, 1, *SHAPE).to(dtype)
    assert gaussian_blur(images, draw_blur(torch.arange(2))).dtype == dtype
