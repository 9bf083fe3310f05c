"""Relative patch location: on which side of the centre patch does the other one lie?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ..errors import UserError
from ..random import decisions, uniform_integers
from ..transforms import SampleParams
from .base import PretextTransform, Shape

CENTRE, NEIGHBOURS = 13, 26


@dataclass(frozen=True)
class RelativePatchParams(SampleParams):
    """``classes`` ``(B,)`` int64 in 0..25."""

    classes: Tensor


class RelativePatchPretext(PretextTransform[RelativePatchParams]):
    """Location of a neighbour in a 3 x 3 x 3 grid (Doersch et al. 2015; the paper's RPL).

    Images are ``(B, 2, X, Y, Z)``: the centre patch and one of its 26 neighbours as channels, cut
    by a data set whose grid has :func:`relative_patch_cells` as its ``chosen``. They come back as
    they are. Targets ``(B,)`` int64 are the neighbours' classes: the cells in row-major order
    x, y, z without the centre, so that 0 to 12 come before it and 13 to 25 after.

    Raises:
        UserError: the images do not have two channels.
    """

    def draw(self, seeds: Tensor, shape: Shape) -> RelativePatchParams:  # noqa: ARG002
        return RelativePatchParams(_draw_classes(seeds))

    def apply(self, images: Tensor, params: RelativePatchParams) -> tuple[Tensor, Tensor]:
        if images.shape[1] != 2:
            raise UserError(
                f"pretext images: expected two patches as channels, got {images.shape[1]}; "
                "let the data set cut relative_patch_cells"
            )
        return images, params.classes.to(images.device)


def relative_patch_cells(seed: int) -> tuple[int, int]:
    """Cells of a 3 x 3 x 3 grid to cut for a sample: the centre, then the drawn neighbour.

    The same draw as the transform's, from the same sample seed: so the label need not travel.
    """
    neighbour = int(_draw_classes([seed])[0])
    return CENTRE, neighbour + (neighbour >= CENTRE)


def _draw_classes(seeds: Tensor | Sequence[int]) -> Tensor:
    uniforms = decisions(seeds, 1, "relative-patch")
    return uniform_integers(uniforms, 0, NEIGHBOURS - 1)[:, 0]
