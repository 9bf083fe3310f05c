"""Rotation: classes are uniform and tell what was done to the cube."""

import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import RotationPretext
from medssl.transforms import unrotate_cubes


def test_rotation_classes_are_uniform():
    classes = RotationPretext().draw(torch.arange(5000), (8, 8, 8)).classes
    counts = torch.bincount(classes, minlength=10)
    assert len(counts) == 10
    assert ((counts - 500) ** 2 / 500).sum() < 33.7  # chi-square, 9 degrees, p = 1e-4


def test_rotation_target_is_the_class_that_was_applied():
    cubes = torch.rand(40, 1, 6, 6, 6)
    inputs, targets = RotationPretext()(cubes, torch.arange(40))
    assert targets.dtype == torch.int64
    assert torch.equal(unrotate_cubes(inputs, targets), cubes)
    with pytest.raises(UserError, match="cubes"):
        RotationPretext()(torch.rand(1, 1, 6, 6, 4), torch.tensor([0]))


def test_rotation_stretches_a_flat_crop_to_a_cube_first():
    """The paper's 64 x 64 x 32 crops become cubes; the mean intensity stays."""
    images, seeds = torch.rand(3, 1, 16, 16, 8), torch.arange(3)
    inputs, classes = RotationPretext(cube_size=16)(images, seeds)
    assert inputs.shape == (3, 1, 16, 16, 16)
    assert torch.equal(classes, RotationPretext()(torch.rand(3, 1, 8, 8, 8), seeds)[1])
    torch.testing.assert_close(inputs.mean(), images.mean(), atol=2e-3, rtol=0)
