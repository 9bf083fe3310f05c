"""The end of a run of several ranks."""

from __future__ import annotations

import time

import torch.distributed as dist

_GLOO_RELEASE = 1.0  # seconds; its threads need milliseconds, more on a machine that is busy


def leave_process_group() -> None:
    """Destroy the process group once no thread of its backend needs Python any more.

    Gloo's threads let go of the tensors of the last collectives after the caller has gone on, and
    need the interpreter for it. Where that has ended meanwhile, they abort the process (`terminate
    called without an active exception`) and torchrun takes a run that was done for a failed one.
    """
    is_gloo = dist.get_backend() == "gloo"
    dist.destroy_process_group()
    if is_gloo:
        time.sleep(_GLOO_RELEASE)
