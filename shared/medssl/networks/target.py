"""Frozen copies that follow a network as its moving average."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

from torch import nn

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def target_of(module: AnyModule) -> AnyModule:
    """Return a copy of ``module`` with the same values whose parameters need no gradient.

    Optimisers, weight decay and DistributedDataParallel's gradient averaging pass such parameters
    over; :class:`~medssl.engines.UpdateTarget` moves them.
    """
    copy = deepcopy(module)
    copy.requires_grad_(False)
    return copy
