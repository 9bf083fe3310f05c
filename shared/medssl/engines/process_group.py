"""What a run on several ranks needs beyond PyTorch's."""

from __future__ import annotations

import time
from collections.abc import Sized

import torch.distributed as dist

from ..errors import UserError

_GLOO_RELEASE = 1.0  # seconds; its threads need milliseconds, more on a machine that is busy


def validation_sampler(dataset: Sized) -> range:
    """A share of the samples for each rank, every sample once; all of them in a process of its own.

    The doctor, for one, builds what a run of several ranks had built.

    Raises:
        UserError: fewer samples than ranks.
    """
    rank, ranks = 0, 1
    if dist.is_available() and dist.is_initialized():
        rank, ranks = dist.get_rank(), dist.get_world_size()
    samples = len(dataset)
    if samples < ranks:
        raise UserError(
            f"validation: {samples} sample(s) for {ranks} ranks; hold out more scans "
            "(`medssl prepare ... --fractions`) or start fewer ranks"
        )
    return range(rank, samples, ranks)  # MONAI's sampler would list them anew for each validation


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
