"""Quarter turns: against numpy one sample at a time, and undone."""

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.transforms import (
    ROTATION_CLASSES,
    quarter_turns,
    rotate_cubes,
    unrotate_cubes,
)


@pytest.fixture
def cubes():
    return torch.rand(10, 2, 5, 5, 5, generator=torch.Generator().manual_seed(0))


def test_classes_are_ten_distinct_turns_in_the_published_order():
    cube = np.arange(27).reshape(3, 3, 3)
    # About z counted forwards, about x and y backwards.
    expected = [cube] + [np.rot90(cube, k, (0, 1)) for k in (1, 2, 3)]
    expected += [np.rot90(cube, k, (1, 2)) for k in (3, 2, 1)]
    expected += [np.rot90(cube, k, (0, 2)) for k in (3, 2, 1)]
    ours = rotate_cubes(torch.tensor(cube).expand(10, 1, 3, 3, 3), torch.arange(10))
    assert [cube.tolist() for cube in ours[:, 0]] == [cube.tolist() for cube in expected]
    assert len({tuple(cube.flatten().tolist()) for cube in ours}) == len(ROTATION_CLASSES) == 10


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int16])
def test_rotation_is_undone_bit_for_bit(cubes, dtype):
    images = (cubes * 1000).to(dtype)
    classes = torch.tensor([9, 3, 3, 0, 1, 7, 5, 2, 8, 4])
    rotated = rotate_cubes(images, classes)
    assert rotated.dtype == dtype
    assert torch.equal(unrotate_cubes(rotated, classes), images)
    assert not torch.equal(rotated[0], images[0])


def test_quarter_turns_follow_numpy_in_every_plane(cubes):
    turns = torch.tensor([0, 1, 2, 3, 4, 5, -1, 2, 1, 0])
    for plane in ((0, 1), (1, 2), (0, 2)):
        ours = quarter_turns(cubes, turns, plane)
        for sample, k, turned in zip(cubes, turns, ours):
            axes = (plane[0] + 1, plane[1] + 1)
            assert np.array_equal(turned.numpy(), np.rot90(sample.numpy(), int(k), axes))


def test_half_turns_of_unequal_sides_are_allowed_and_quarter_turns_refused():
    images = torch.rand(2, 1, 4, 6, 6)
    assert torch.equal(quarter_turns(images, torch.tensor([2, 0]))[0], images[0].flip(1, 2))
    with pytest.raises(UserError, match="axes 0 and 1 have 4 and 6 voxels"):
        quarter_turns(images, torch.tensor([1, 0]))


def test_rotation_of_a_crop_that_is_no_cube_is_refused():
    with pytest.raises(UserError, match="crop_size"):
        rotate_cubes(torch.rand(1, 1, 8, 8, 4), torch.tensor([0]))
