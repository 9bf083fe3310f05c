"""Predictive: along which axes was the crop mirrored?

A sample is changed in one of a few ways, and the network says in which. "Your idea here" marks what
to replace.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...pretext.base import PretextTransform, Shape
from ...random import decisions, uniform_integers
from ...transforms import SampleParams, flip

# Your idea here: the number of answers. Of the bundle, ``out_channels`` (train.json,
# inference.json), the outputs in metadata.json and the chance level in health.json follow it.
CLASSES = 8


@dataclass(frozen=True)
class PredictiveParams(SampleParams):
    """``classes`` ``(B,)`` int64 in 0..7."""

    classes: Tensor


class PredictivePretext(PretextTransform[PredictiveParams]):
    """Eight-way mirroring.

    Inputs are the images, mirrored along x, y and z where bit 0, 1 and 2 of a class drawn
    uniformly from 0..7 is set; targets are the classes ``(B,)`` int64.
    """

    def draw(self, seeds: Tensor, shape: Shape) -> PredictiveParams:  # noqa: ARG002
        # Your idea here: what is decided for each sample, from its seed alone.
        uniforms = decisions(seeds, 1, "predictive")[:, 0]
        return PredictiveParams(uniform_integers(uniforms, 0, CLASSES - 1))

    def apply(self, images: Tensor, params: PredictiveParams) -> tuple[Tensor, Tensor]:
        # Your idea here: what the network gets to see, and what it is to say.
        flags = (params.classes[:, None] >> torch.arange(3)) & 1
        return flip(images, flags.bool()), params.classes.to(images.device)
