"""The CPU's loops that copy voxels against the tensor operations that a GPU runs."""

import numpy as np
import pytest
import torch

from medssl.engines import apply_window
from medssl.transforms import arrange_cubes, copy_kernels, flip, mask_cubes


def test_arranging_and_masking_cubes_and_flipping_are_bit_equal():
    images = torch.rand(20, 8, 5, 6, 7)
    orders = torch.stack([torch.randperm(8) for _ in range(20)])
    horizontal, vertical = torch.rand(2, 20, 8) < 0.5
    # Doubles take the way of tensor operations.
    arranged = arrange_cubes(images.double(), orders, horizontal, vertical).float()
    assert torch.equal(arrange_cubes(images, orders, horizontal, vertical), arranged)
    masked = mask_cubes(images.double(), horizontal, torch.arange(20), 0.3).float()
    assert torch.equal(mask_cubes(images, horizontal, torch.arange(20), 0.3), masked)
    flags = torch.rand(20, 3) < 0.5
    assert torch.equal(flip(images, flags), flip(images.double(), flags).float())


@pytest.mark.parametrize("window", [(-1000, 1000), (-200.5, 199)])
def test_windowing_is_bit_equal(window):
    hu = torch.arange(-1100, 1100, dtype=torch.int16).reshape(11, 10, -1)
    assert torch.equal(apply_window(hu, window), apply_window(hu.int(), window))
    assert torch.equal(
        apply_window(hu.transpose(0, 1), window), apply_window(hu, window).transpose(0, 1)
    )


def test_rescaling_takes_the_bounds_to_zero_and_one_and_goes_no_further():
    values = np.array([-2000, -1000, -500, 0, 1000, 3000], dtype=np.int16)
    out = np.full(6, np.nan, dtype=np.float32)
    copy_kernels.rescale(values, out, np.float32(-1000), np.float32(2000))
    assert out.tolist() == [0, 0, 0.25, 0.5, 1, 1]
