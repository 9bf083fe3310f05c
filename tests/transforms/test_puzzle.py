"""Cubes of a puzzle: places, half turns and masks, one cube at a time."""

import numpy as np
import pytest
import torch

from medssl.transforms import arrange_cubes, mask_cubes, permute_cubes

# Doubles go through tensor operations, as on a GPU; float32 goes through the CPU's loops.
TYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def cubes(count, dtype):
    generator = torch.Generator().manual_seed(0)
    return 0.1 + 0.9 * torch.rand(count, 8, 4, 3, 2, generator=generator, dtype=dtype)


@TYPES
def test_cubes_are_moved_and_then_turned_where_they_lie(dtype):
    images = cubes(5, dtype)
    orders = torch.stack([torch.randperm(8) for _ in range(5)])
    horizontal, vertical = torch.rand(2, 5, 8) < 0.5
    found = arrange_cubes(images, orders, horizontal, vertical)
    for sample, place in np.ndindex(5, 8):
        cube = images[sample, orders[sample, place]].numpy()
        if horizontal[sample, place]:
            cube = np.rot90(cube, 2, (1, 2))  # about x
        if vertical[sample, place]:
            cube = np.rot90(cube, 2, (0, 1))  # about z
        assert np.array_equal(found[sample, place].numpy(), cube)
    unturned = torch.stack([image[order] for image, order in zip(images, orders, strict=True)])
    assert torch.equal(permute_cubes(images, orders), unturned)


@TYPES
def test_a_mask_hides_voxels_of_its_cubes_alone_and_keeps_as_many_as_asked(dtype):
    images, seeds = cubes(300, dtype), torch.arange(300)
    masked = torch.rand(300, 8) < 0.5
    shown = mask_cubes(images, masked, seeds, 0.3)
    hidden = shown != images
    assert torch.equal(shown, torch.where(hidden, 0, images))
    assert not hidden[~masked].any()
    count = 24 * int(masked.sum())
    assert hidden[masked].double().mean() == pytest.approx(0.7, abs=4 * (0.21 / count) ** 0.5)
    assert torch.equal(mask_cubes(images, masked, seeds, 1.0), images)
    assert not mask_cubes(images, masked, seeds, 0.0)[masked].any()


@TYPES
def test_the_voxels_that_stay_follow_from_the_seed_and_differ_between_cubes(dtype):
    images, masked = cubes(2, dtype), torch.ones(2, 8, dtype=torch.bool)
    both = mask_cubes(images, masked, torch.tensor([4, 9]), 0.5)
    alone = mask_cubes(images[1:], masked[1:], torch.tensor([9]), 0.5)
    assert torch.equal(both[1:], alone)
    kept = {tuple((cube != 0).flatten().tolist()) for cube in both.flatten(0, 1)}
    assert len(kept) == 16
