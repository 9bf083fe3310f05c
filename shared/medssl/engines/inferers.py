"""Mixed precision and memory layout around the forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from ignite.engine import Engine
from monai.inferers import SimpleInferer
from torch import Tensor

from ..errors import UserError
from ..networks.layout import lies_last
from .precision import PRECISIONS, misses_gradients


class AutocastInferer(SimpleInferer):
    """Run the network under autocast on whatever device its input is on.

    MONAI's trainer opens autocast for CUDA alone, so that ``amp`` would silently stay in single
    precision elsewhere. The prediction comes back in float32 for a stable loss.

    Args:
        amp: "off", "bf16" or "fp16", see :func:`~.precision.chosen_precision`.
        channels_last: hand the input over in channels-last memory format, see
            :func:`~medssl.networks.layout.lies_last`.

    Raises:
        UserError: unknown ``amp``; when called: "fp16" on a CPU, or crops too small for bf16.
    """

    def __init__(self, amp: str = "off", channels_last: bool | str = False) -> None:
        super().__init__()
        if amp not in PRECISIONS:
            raise UserError(f"amp: expected one of {list(PRECISIONS)}, got {amp!r}")
        self.amp, self.dtype = amp, PRECISIONS[amp]
        self.channels_last = channels_last

    def __call__(
        self, inputs: Tensor, network: Callable[..., Tensor], *args: Any, **kwargs: Any
    ) -> Tensor:
        if inputs.ndim == 5 and lies_last(self.channels_last, inputs.device):
            # Not `contiguous`: it leaves one channel as it lies, and input and weights decide
            # together how all maps lie. So weights that nobody laid out give the same output.
            inputs = inputs.to(memory_format=torch.channels_last_3d)
        if self.dtype is None:
            return network(inputs, *args, **kwargs)
        if self.dtype == torch.float16 and inputs.device.type != "cuda":
            raise UserError("amp: 'fp16' needs a CUDA device; use 'auto' or 'off'")
        if torch.is_grad_enabled() and getattr(network, "training", False):
            _check_gradients(inputs, self.dtype)
        with torch.autocast(inputs.device.type, dtype=self.dtype):
            outputs = network(inputs, *args, **kwargs)
        return outputs.float()


def precision_of(engine: Engine) -> str | None:
    """In which precision an evaluator runs its network; None where its inferer does not say."""
    return getattr(getattr(engine, "inferer", None), "amp", None)


def _check_gradients(inputs: Tensor, dtype: torch.dtype) -> None:
    """Refuse crops whose convolutions oneDNN differentiates wrongly."""
    side = inputs.shape[2]
    if inputs.device.type == "cpu" and dtype == torch.bfloat16 and misses_gradients(side):
        raise UserError(
            f"crop_size: {side} voxels along x in bf16 on a CPU give wrong gradients (a fault of "
            "its library); use amp off, or 24 voxels or more"
        )
