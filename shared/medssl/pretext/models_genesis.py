"""Models Genesis: restore a crop that was shuffled, recoloured and painted over."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ..random import decisions
from ..transforms import (
    BezierParams,
    PaintingParams,
    SampleParams,
    apply_where,
    draw_bezier,
    draw_flips,
    draw_painting,
    flip,
    local_shuffle,
    map_intensity,
    paint,
)
from .base import PretextTransform, Shape, check_rates


@dataclass(frozen=True)
class ModelsGenesisParams(SampleParams):
    """What happens to each sample.

    ``flips`` ``(B, 3)``, ``shuffled``, ``recoloured`` and ``painted`` ``(B,)`` are bool, ``curves``
    and ``boxes`` say how, ``seeds`` ``(B,)`` give the noise.
    """

    flips: Tensor
    shuffled: Tensor
    recoloured: Tensor
    painted: Tensor
    curves: BezierParams
    boxes: PaintingParams
    seeds: Tensor


class ModelsGenesisPretext(PretextTransform[ModelsGenesisParams]):
    """Restoration (Zhou et al., Models Genesis, 2019; the paper's MG).

    In this order: flips, which the target shares; local shuffling; non-linear intensity; in- or
    out-painting. Inputs and targets are ``(B, C, X, Y, Z)`` in [0, 1], of the images' type.

    Args:
        flip_rate: probability to mirror each of the three axes.
        shuffle_rate: probability of local shuffling.
        intensity_rate: probability of the intensity map.
        painting_rate: probability of painting.
        outer_rate: share of out-painting among painted samples; the rest is in-painting.
        windows: windows of the local shuffling.

    Raises:
        UserError: a rate is no probability, or a side of the crops is shorter than 14 voxels.
    """

    def __init__(
        self,
        flip_rate: float = 0.5,
        shuffle_rate: float = 0.5,
        intensity_rate: float = 0.9,
        painting_rate: float = 0.9,
        outer_rate: float = 0.8,
        windows: int = 10_000,
    ) -> None:
        check_rates(
            flip_rate=flip_rate,
            shuffle_rate=shuffle_rate,
            intensity_rate=intensity_rate,
            painting_rate=painting_rate,
            outer_rate=outer_rate,
        )
        self.flip_rate = flip_rate
        self.shuffle_rate = shuffle_rate
        self.intensity_rate = intensity_rate
        self.painting_rate = painting_rate
        self.outer_rate = outer_rate
        self.windows = windows

    def draw(self, seeds: Tensor, shape: Shape) -> ModelsGenesisParams:
        uniforms = decisions(seeds, 3, "models-genesis")
        return ModelsGenesisParams(
            flips=draw_flips(seeds, self.flip_rate),
            shuffled=uniforms[:, 0] < self.shuffle_rate,
            recoloured=uniforms[:, 1] < self.intensity_rate,
            painted=uniforms[:, 2] < self.painting_rate,
            curves=draw_bezier(seeds),
            boxes=draw_painting(seeds, shape, self.outer_rate),
            seeds=seeds,
        )

    def apply(self, images: Tensor, params: ModelsGenesisParams) -> tuple[Tensor, Tensor]:
        clean = flip(images, params.flips)
        inputs = apply_where(clean, params.shuffled, params, self._shuffle)
        inputs = apply_where(inputs, params.recoloured, params.curves, map_intensity)
        return apply_where(inputs, params.painted, params.boxes, paint), clean

    def _shuffle(self, images: Tensor, params: ModelsGenesisParams) -> Tensor:
        return local_shuffle(images, params.seeds, self.windows)
