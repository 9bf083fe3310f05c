"""Mixed precision and memory layout around the forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from monai.inferers import SimpleInferer
from torch import Tensor

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
