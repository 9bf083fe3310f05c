"""Autoencoder: give back the crop."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..transforms import SampleParams, draw_flips, flip
from .base import PretextTransform, Shape, check_rates


@dataclass(frozen=True)
class AutoencoderParams(SampleParams):
    """``flips`` ``(B, 3)`` bool."""

    flips: Tensor


class AutoencoderPretext(PretextTransform[AutoencoderParams]):
    """Reproduction of the crop (the paper's AE): inputs and targets are the same mirrored crop.

    With skip connections the network can pass the crop along; without them all of it has to go
    through the encoder's deepest level. Both come back as ``(B, C, X, Y, Z)`` in [0, 1], of the
    images' type.

    Args:
        flip_rate: probability to mirror each of the three axes.

    Raises:
        UserError: the rate is no probability.
    """

    def __init__(self, flip_rate: float = 0.5) -> None:
        check_rates(flip_rate=flip_rate)
        self.flip_rate = flip_rate

    def draw(self, seeds: Tensor, shape: Shape) -> AutoencoderParams:  # noqa: ARG002
        return AutoencoderParams(draw_flips(seeds, self.flip_rate))

    def apply(self, images: Tensor, params: AutoencoderParams) -> tuple[Tensor, Tensor]:
        mirrored = flip(images, params.flips)
        return mirrored, mirrored
