"""Mixed precision and memory layout around the forward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.inferers import SimpleInferer, SlidingWindowInferer
from numpy.typing import NDArray
from torch import Tensor

from ..crops.scan_positions import Positions, box_around
from ..errors import UserError
from ..networks.unet import STRIDE

PRECISIONS: dict[str, torch.dtype | None] = {
    "off": None,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


class AutocastInferer(SimpleInferer):
    """Run the network under autocast on whatever device its input is on.

    MONAI's trainer opens autocast for CUDA alone, so that ``amp`` would silently stay in single
    precision elsewhere. The prediction comes back in float32 for a stable loss.

    Args:
        amp: "off", "bf16" or "fp16" (GPU only: half-precision gradients need its loss scaler).
        channels_last: hand the input over in channels-last memory format.

    Raises:
        UserError: unknown ``amp``, or "fp16" without a GPU.
    """

    def __init__(self, amp: str = "off", channels_last: bool = False) -> None:
        super().__init__()
        if amp not in PRECISIONS:
            raise UserError(f"amp: expected one of {list(PRECISIONS)}, got {amp!r}")
        if amp == "fp16" and not torch.cuda.is_available():
            raise UserError("amp: 'fp16' needs a CUDA device; use 'bf16' or 'off'")
        self.dtype = PRECISIONS[amp]
        self.channels_last = channels_last

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        if self.channels_last and inputs.ndim == 5:
            inputs = inputs.contiguous(memory_format=torch.channels_last_3d)
        if self.dtype is None:
            return network(inputs, *args, **kwargs)
        if torch.is_grad_enabled() and getattr(network, "training", False):
            _check_gradients(inputs, self.dtype)
        with torch.autocast(inputs.device.type, dtype=self.dtype):
            outputs = network(inputs, *args, **kwargs)
        return outputs.float()


def _check_gradients(inputs: Tensor, dtype: torch.dtype) -> None:
    """Refuse crops whose convolutions oneDNN differentiates wrongly.

    In bf16 on a CPU the weight gradient of a 3 x 3 x 3 convolution over maps of two voxels along
    the first axis reads memory that nobody wrote (torch 2.13, seen with AVX-512): it differs from
    call to call and now and then is NaN. Pooling brings crops of 16 voxels to that size.
    """
    side = inputs.shape[2]
    if inputs.device.type == "cpu" and dtype == torch.bfloat16 and 2 in _sides(side):
        raise UserError(
            f"crop_size: {side} voxels along x in bf16 on a CPU give wrong gradients (a fault of "
            "its library); use amp off, or 24 voxels or more"
        )


def _sides(side: int) -> list[int]:
    """Voxels along one axis at each level of the U-Net."""
    return [side >> level for level in range(STRIDE.bit_length())]


class AutocastSlidingWindowInferer(SlidingWindowInferer):
    """MONAI's sliding window with each window run by an :class:`AutocastInferer`.

    Args:
        amp: as there.
        roi_size: voxels of a window along x, y, z; 0 stands for the whole scan along that axis,
            rounded up to a multiple of ``STRIDE``, so that the window slides along the others.
        options: of ``SlidingWindowInferer``.
    """

    def __init__(self, amp: str = "off", *, roi_size: Sequence[int], **options: Any) -> None:
        super().__init__(roi_size=roi_size, **options)
        self.asked = tuple(roi_size)
        self.window = AutocastInferer(amp)

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        whole = [math.ceil(side / STRIDE) * STRIDE for side in inputs.shape[2:]]
        self.roi_size = tuple(n or side for n, side in zip(self.asked, whole, strict=True))
        return super().__call__(inputs, partial(self.window, network=network), *args, **kwargs)


class PointInferer(AutocastSlidingWindowInferer):
    """One window around each given point, or a sliding window where no points are given.

    Where windows overlap the larger output counts; outside all of them it is ``OUTSIDE``, a logit
    that means no.

    Args:
        points: CSV file with the columns ``seriesuid`` (DICOM series UID, the scan's path or file
            name), ``coordX``, ``coordY``, ``coordZ`` (LPS mm); None slides over the whole scan.
        roi_size: voxels x, y, z of a window.
        amp: see :class:`AutocastInferer`.
        options: of ``SlidingWindowInferer``.
    """

    OUTSIDE = -30.0

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
                result = output.new_full((len(output), *plain.shape[1:]), self.OUTSIDE)
            result[:, *inside] = torch.maximum(result[:, *inside], output[:, *place])
        return torch.as_tensor(result)
