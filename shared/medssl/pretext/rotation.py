"""Rotation prediction: which of ten turns was the cube given?"""

from __future__ import annotations

from dataclasses import dataclass

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
    ``ROTATION_CLASSES``; targets are the classes ``(B,)`` int64. Crops should be isotropic in
    millimetres: blur along one axis would give the turn away.

    Raises:
        UserError: the images are not cubes.
    """

    def draw(self, seeds: Tensor, shape: Shape) -> RotationParams:  # noqa: ARG002
        classes = uniform_integers(decisions(seeds, 1, "rotation"), 0, len(ROTATION_CLASSES) - 1)
        return RotationParams(classes[:, 0])

    def apply(self, images: Tensor, params: RotationParams) -> tuple[Tensor, Tensor]:
        return rotate_cubes(images, params.classes), params.classes.to(images.device)
