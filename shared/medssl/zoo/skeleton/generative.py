"""Generative: give back the crop that was blurred.

A sample is corrupted, and the network restores it. "Your idea here" marks what to replace.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ...errors import UserError
from ...pretext.base import PretextTransform, Shape
from ...transforms import SampleParams, draw_blur, draw_flips, flip, gaussian_blur


@dataclass(frozen=True)
class GenerativeParams(SampleParams):
    """``flips`` ``(B, 3)`` bool, ``sigmas`` ``(B,)`` in voxels."""

    flips: Tensor
    sigmas: Tensor


class GenerativePretext(PretextTransform[GenerativeParams]):
    """Restoration of a blurred crop.

    Targets are the mirrored images, inputs the same after a Gaussian blur; both come back as
    ``(B, C, X, Y, Z)`` in [0, 1], of the images' type.

    Args:
        max_sigma: largest standard deviation of the blur, voxels.

    Raises:
        UserError: ``max_sigma`` is negative.
    """

    def __init__(self, max_sigma: float = 3.0) -> None:
        if max_sigma < 0:
            raise UserError(f"max_sigma: expected at least 0 voxels, got {max_sigma}")
        self.max_sigma = max_sigma

    def draw(self, seeds: Tensor, shape: Shape) -> GenerativeParams:  # noqa: ARG002
        # Your idea here: what is decided for each sample, from its seed alone.
        return GenerativeParams(draw_flips(seeds), draw_blur(seeds, self.max_sigma))

    def apply(self, images: Tensor, params: GenerativeParams) -> tuple[Tensor, Tensor]:
        # Your idea here: how the crop is corrupted.
        mirrored = flip(images, params.flips)
        return gaussian_blur(mirrored, params.sigmas), mirrored
