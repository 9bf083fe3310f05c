"""In which precision a network runs: the one that is asked for, or the fastest one here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ..errors import UserError
from ..networks.unet import STRIDE

PRECISIONS: dict[str, torch.dtype | None] = {
    "off": None,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
AUTO = "auto"
# Without these instructions a convolution in bf16 takes over a hundred times as long as in float32.
BF16_FLAGS = {"avx512_bf16", "amx_bf16"}
CPUINFO = Path("/proc/cpuinfo")


def chosen_precision(
    amp: str, device: torch.device | str, crop_size: Sequence[int] | None = None
) -> str:
    """What ``amp`` comes to on a device.

    ``auto`` is bf16 on a GPU and on a CPU that compute in it, fp16 on other GPUs, else off.

    Args:
        amp: "auto", "off", "bf16" or "fp16".
        device: where the network runs.
        crop_size: voxels x, y, z of what it learns from; None where it does not learn, so that
            validation, evaluation and inference of a bundle choose alike.

    Returns:
        "off", "bf16" or "fp16" (which needs a loss scaler in training).

    Raises:
        UserError: unknown ``amp``, or one that the device cannot do, or not in useful time.
    """
    if amp not in (AUTO, *PRECISIONS):
        raise UserError(f"amp: expected one of {[AUTO, *PRECISIONS]}, got {amp!r}")
    kind = torch.device(device).type
    if amp == AUTO:
        return _fastest(kind, crop_size)
    if amp == "fp16" and kind != "cuda":
        raise UserError("amp: 'fp16' needs a CUDA device; use 'auto' or 'off'")
    if amp == "bf16" and kind == "cpu" and not cpu_has_bf16():
        raise UserError(
            "amp: bf16 on a CPU without avx512_bf16 or amx_bf16, or where ONEDNN_MAX_CPU_ISA names "
            "older instructions, is many times slower than float32; use 'auto' or 'off'"
        )
    return amp


def _fastest(kind: str, crop_size: Sequence[int] | None) -> str:
    if kind == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if kind != "cpu" or not cpu_has_bf16():
        return "off"
    return "off" if crop_size and misses_gradients(crop_size[0]) else "bf16"


def cpu_has_bf16(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the CPU's instruction set has bf16 and oneDNN, which convolves, may use it.

    Only Linux says the first, in ``/proc/cpuinfo``. oneDNN takes bf16 for supported where it
    emulates it, too, but not where ``ONEDNN_MAX_CPU_ISA`` holds it to an older instruction set.
    """
    if not (cpuinfo.is_file() and _onednn_takes_bf16()):
        return False
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not BF16_FLAGS.isdisjoint(flags.split())


def _onednn_takes_bf16() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    taken: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return taken


def misses_gradients(side: int) -> bool:
    """Whether crops of so many voxels along x are learnt from wrongly in bf16 on a CPU.

    There the weight gradient of a 3 x 3 x 3 convolution over maps of two voxels along the first
    axis reads memory that nobody wrote (torch 2.13, seen with AVX-512): it differs from call to
    call and now and then is NaN. Pooling brings crops of 16 voxels to that size.
    """
    return 2 in [side >> level for level in range(STRIDE.bit_length())]
