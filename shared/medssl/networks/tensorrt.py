"""Inference through TensorRT."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from monai.networks import trt_compile
from torch import nn

from ..errors import UserError

PACKAGES = ("tensorrt", "polygraphy", "onnx", "onnxscript")  # the engine is built from ONNX


def has_tensorrt() -> bool:
    """Whether TensorRT can run here."""
    return torch.cuda.is_available() and all(map(find_spec, PACKAGES))


def with_tensorrt(
    network: nn.Module, model: str | Path, max_batch_size: int, precision: str = "fp16"
) -> nn.Module:
    """Let a network run in a TensorRT engine, which its first call builds (minutes).

    MONAI's ``trt_compile`` leaves a network alone, without a word, where TensorRT is missing; here
    that is an error.

    Args:
        network: on a CUDA device; weights may still be loaded before the first call. Its input
            keeps one spatial size.
        model: weight file; the engine is kept beside it as ``<model>.plan`` and built again when
            the weights are newer.
        max_batch_size: largest batch, such as ``sw_batch_size`` of a sliding window.
        precision: "fp32", "tf32", "fp16" or "bf16".

    Raises:
        UserError: no CUDA device, or one of ``PACKAGES`` is not installed.
    """
    if not has_tensorrt():
        missing = [name for name in PACKAGES if find_spec(name) is None]
        lacks = f"the packages {', '.join(missing)}" if missing else "a CUDA device"
        raise UserError(
            f"TensorRT: {lacks} cannot be found; `pip install {' '.join(PACKAGES)}` on a machine "
            "with an NVIDIA GPU, or run inference.json without inference_trt.json"
        )
    settings = {"precision": precision, "dynamic_batchsize": [1, max_batch_size, max_batch_size]}
    compiled: nn.Module = trt_compile(network, str(model), args=settings)
    return compiled
