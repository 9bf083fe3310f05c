"""Whole scans by windows that slide over them, or lie around given points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.inferers import SlidingWindowInferer
from monai.utils import convert_to_dst_type
from numpy.typing import NDArray
from torch import Tensor

from ..classes import read_classes
from ..crops.scan_positions import Positions, box_around
from ..crops.window_rule import WindowRule
from ..networks.unet import STRIDE
from .inferers import AutocastInferer
from .window_plan import WindowPlan, progress

OUTSIDE = -30.0  # a logit that means no


class AutocastSlidingWindowInferer(SlidingWindowInferer):
    """MONAI's sliding window with each window run by an :class:`AutocastInferer`.

    Where a rule says so windows are left out (:class:`~medssl.engines.window_plan.WindowPlan`).
    They count for nothing: a voxel's output is the weighted mean of the windows over it that ran,
    and voxels without one are background. So voxels whose windows all ran have the value that they
    have without a rule.

    Args:
        amp: as there.
        channels_last: as there.
        roi_size: voxels of a window along x, y, z; 0 stands for the whole scan along that axis,
            rounded up to a multiple of ``STRIDE``, so that the window slides along the others.
        rule: where windows run; None runs all.
        classes: label values of each class, see :mod:`medssl.classes`; they say how background
            looks: no region, or the first of several outputs. None where one output is one class.
        options: of ``SlidingWindowInferer``.
    """

    def __init__(
        self,
        amp: str = "off",
        channels_last: bool | str = False,
        *,
        roi_size: Sequence[int],
        rule: WindowRule | None = None,
        classes: Sequence[Sequence[int]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(roi_size=roi_size, with_coord=True, **options)
        self.asked = tuple(roi_size)
        self.amp, self.window, self.rule = amp, AutocastInferer(amp, channels_last), rule
        scheme = read_classes(classes or [[1]])
        self.background = torch.full((scheme.out_channels,), OUTSIDE)
        if not scheme.nested and scheme.out_channels > 1:
            self.background[0] = 0

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        whole = [math.ceil(side / STRIDE) * STRIDE for side in inputs.shape[2:]]
        self.roi_size = tuple(n or side for n, side in zip(self.asked, whole, strict=True))
        plain = inputs.as_tensor() if isinstance(inputs, MetaTensor) else inputs
        blocks = [None if self.rule is None else self.rule.blocks(image) for image in plain]
        plan = WindowPlan(inputs.shape[2:], self.roi_size, self.overlap, blocks)
        forward = self._all if plan.runs.all() else self._some
        with progress(plan.count) as moved:

            def window(windows: Tensor, places: Sequence[Any], *more: Any, **named: Any) -> Tensor:
                wanted = torch.from_numpy(plan.wanted(places))
                outputs = forward(windows, wanted, network, *more, **named)
                moved(int(wanted.sum()))
                return outputs

            outputs = super().__call__(inputs, window, *args, **kwargs)
        return outputs if plan.runs.all() else self._blended(outputs)

    def _all(self, windows: Tensor, _: Tensor, *network: Any, **named: Any) -> Tensor:
        return self.window(windows, *network, **named)

    def _some(self, windows: Tensor, wanted: Tensor, *network: Any, **named: Any) -> Tensor:
        """Outputs of those windows that are wanted, else 0, and whether they are, as one more."""
        outputs = windows.new_zeros((len(windows), len(self.background) + 1, *windows.shape[2:]))
        if wanted.any():
            outputs[wanted, :-1] = self.window(windows[wanted], *network, **named)
            outputs[wanted, -1] = 1
        return outputs

    def _blended(self, outputs: Tensor) -> Tensor:
        """Logits ``(B, C, X, Y, Z)`` of means over all windows and the share that ran, last."""
        plain = outputs.as_tensor() if isinstance(outputs, MetaTensor) else outputs
        means, ran = plain[:, :-1], plain[:, -1:]
        background = self.background.to(means)[None, :, None, None, None]
        result = torch.where(ran > 0, means / ran, background)
        return convert_to_dst_type(result, outputs)[0]


class PointInferer(AutocastSlidingWindowInferer):
    """One window around each given point, or a sliding window where no points are given.

    Where windows overlap the larger output counts; outside all of them it is ``OUTSIDE``.

    Args:
        points: CSV file with the columns ``seriesuid`` (DICOM series UID, the scan's path or file
            name), ``coordX``, ``coordY``, ``coordZ`` (LPS mm); None slides over the whole scan.
        roi_size: voxels x, y, z of a window.
        amp: see :class:`AutocastInferer`.
        options: of :class:`AutocastSlidingWindowInferer`.
    """

    def __init__(
        self,
        points: str | Path | None = None,
        amp: str = "off",
        *,
        roi_size: Sequence[int],
        **options: Any,
    ) -> None:
        super().__init__(amp, roi_size=roi_size, **options)
        self.positions = None if points is None else Positions(points, "points")

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        if self.positions is None:
            return super().__call__(inputs, network, *args, **kwargs)
        outputs = []
        for image in inputs:
            outputs.append(self._around(image, self.positions.of(image)[2], network))
        return torch.stack(outputs)

    def _around(
        self, image: MetaTensor, voxels: NDArray[np.float64], network: Callable[..., Tensor]
    ) -> Tensor:
        """Output ``(C, X, Y, Z)`` for one scan of any number of channels."""
        plain, size = image.as_tensor(), tuple(self.asked)
        result: Tensor | None = None
        for voxel in voxels:
            inside, place = box_around(voxel, size, tuple(plain.shape[1:]))
            crop = plain.new_zeros((1, len(plain), *size))
            crop[0][:, *place] = plain[:, *inside]
            output = self.window(crop, network)[0]
            if result is None:
                result = output.new_full((len(output), *plain.shape[1:]), OUTSIDE)
            result[:, *inside] = torch.maximum(result[:, *inside], output[:, *place])
        return torch.as_tensor(result)
