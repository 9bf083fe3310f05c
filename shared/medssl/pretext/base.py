"""What every pretext transform has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from torch import Tensor

from ..errors import UserError
from ..transforms import SampleParams

Params = TypeVar("Params", bound=SampleParams)
Shape = tuple[int, int, int]


class PretextTransform(ABC, Generic[Params]):
    """A pretext task as a plain callable on a batch.

    Decisions are drawn on the CPU from the sample seeds, so that they are the same on every device
    and whatever a sample's batch mates are; applying them is a pure function that never modifies
    the images.
    """

    @abstractmethod
    def draw(self, seeds: Tensor, shape: Shape) -> Params:
        """Draw the parameters of each sample from its seed ``(B,)`` for crops of ``shape``."""

    @abstractmethod
    def apply(self, images: Tensor, params: Params) -> tuple[Tensor, Tensor]:
        """Return network inputs and targets for images ``(B, C, X, Y, Z)`` in [0, 1]."""

    def __call__(self, images: Tensor, seeds: Tensor) -> tuple[Tensor, Tensor]:
        """Draw and apply.

        Args:
            images: ``(B, C, X, Y, Z)`` floats in [0, 1] on any device.
            seeds: ``(B,)`` integers that travel with the samples.

        Raises:
            UserError: the images are no batch of volumes, or images and seeds differ in number.
        """
        if images.ndim != 5 or not images.is_floating_point():
            raise UserError(
                "pretext images: expected floats (B, C, X, Y, Z) in [0, 1], "
                f"got {images.dtype} {tuple(images.shape)}; window the crops first"
            )
        if seeds.shape != images.shape[:1]:
            raise UserError(
                f"pretext seeds: expected one per image ({images.shape[0]}), "
                f"got shape {tuple(seeds.shape)}"
            )
        shape = (images.shape[2], images.shape[3], images.shape[4])
        return self.apply(images, self.draw(seeds.cpu(), shape))


def check_rates(**rates: float) -> None:
    """Raise ``UserError`` naming the first probability that is not in [0, 1]."""
    for name, rate in rates.items():
        if not 0.0 <= rate <= 1.0:
            raise UserError(f"{name}: expected a probability in [0, 1], got {rate}")
