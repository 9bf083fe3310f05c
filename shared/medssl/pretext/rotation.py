"""Rotation prediction: which of ten turns was the cube given?"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..random import decisions, uniform_integers
from ..transforms import ROTATION_CLASSES, SampleParams, rotate_cubes
from .base import PretextTransform, Shape


@dataclass(frozen=True)
class RotationParams(SampleParams):
    """``classes`` ``(B,)`` int64 in 0..9."""

    classes: Tensor


class RotationPretext(PretextTransform[RotationParams]):
    """Ten-way rotation (the paper's ROT).

    Inputs are cubes ``(B, C, L, L, L)`` turned by a class drawn uniformly from
    ``ROTATION_CLASSES``; targets are the classes ``(B,)`` int64. The axes of a cube should be of
    one sharpness (:class:`~medssl.transforms.SharpnessEqualiser`): a blurrier one, as thick slices
    leave it even where voxels are cubes, gives the turn away.

    Args:
        cube_size: side to which each crop is first resampled linearly, voxels; None takes cubes as
            they are. The paper stretches 64 x 64 x 32 crops of anisotropic scans to 64 in this way.

    Raises:
        UserError: the images are not cubes, and no ``cube_size`` is given.
    """

    def __init__(self, cube_size: int | None = None) -> None:
        self.cube_size = cube_size

    def draw(self, seeds: Tensor, shape: Shape) -> RotationParams:  # noqa: ARG002
        classes = uniform_integers(decisions(seeds, 1, "rotation"), 0, len(ROTATION_CLASSES) - 1)
        return RotationParams(classes[:, 0])

    def apply(self, images: Tensor, params: RotationParams) -> tuple[Tensor, Tensor]:
        if self.cube_size is not None:
            size = [self.cube_size] * 3
            images = F.interpolate(images, size, mode="trilinear", align_corners=False)
        return rotate_cubes(images, params.classes), params.classes.to(images.device)
