"""Random numbers and the GPU's kernels at the start of a training."""

from __future__ import annotations

import os

import torch
from monai.utils import set_determinism

from ..errors import UserError


def settle(seed: int, device: torch.device | str, deterministic: bool = False) -> None:
    """Seed every source of random numbers, and choose between fast and repeatable GPU kernels.

    On a CPU a training is repeatable anyway, and nothing but the seed is set.

    Args:
        seed: of the run.
        device: where it trains.
        deterministic: on a GPU, kernels that give the same bits every time, in float32. By default
            the fastest ones are looked for (cudnn.benchmark), and convolutions use TF32 where
            they are not in half precision anyway: two equal runs differ by rounding.

    Raises:
        UserError: ``deterministic`` is neither true nor false.
    """
    if deterministic not in (True, False):
        raise UserError(f"deterministic: expected true or false, got {deterministic!r}")
    set_determinism(seed=seed)
    if torch.device(device).type != "cuda":
        return
    cudnn = torch.backends.cudnn
    cudnn.deterministic, cudnn.benchmark = deterministic, not deterministic
    cudnn.allow_tf32 = not deterministic
    torch.backends.cuda.matmul.allow_tf32 = False
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read by its first kernel
    # Of some layers PyTorch has no such kernel; it says so and takes the one it has.
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
