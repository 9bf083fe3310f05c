"""Seeds that travel with the samples.

Every random decision of a sample is a pure function of ``(seed, epoch, index)``: the crop reader
folds the three into one integer, sends it along in the batch, and each transform derives its own
stream from it. A decision therefore depends neither on batch mates, worker count nor device, and a
run that was killed draws the same numbers when it goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_MASK = (1 << 63) - 1


def fold(*parts: int | str) -> int:
    """Hash integers and labels into one non-negative 63-bit seed, the same on every platform."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") & _MASK


def decisions(seeds: Tensor | Sequence[int], count: int, stream: str) -> Tensor:
    """Draw ``count`` uniform numbers for each sample from its own CPU generator.

    Args:
        seeds: ``(B,)`` integer sample seeds.
        count: how many numbers a sample needs.
        stream: label that keeps the draws of different transforms independent.

    Returns:
        ``(B, count)`` float64 CPU tensor in [0, 1).
    """
    import torch

    generator = torch.Generator()
    rows = [
        torch.rand(
            count, generator=generator.manual_seed(fold(int(seed), stream)), dtype=torch.float64
        )
        for seed in seeds
    ]
    return torch.stack(rows) if rows else torch.empty(0, count, dtype=torch.float64)


def uniform_integers(uniforms: Tensor, low: Tensor | int, high: Tensor | int) -> Tensor:
    """Map uniforms in [0, 1) to integers in ``low .. high`` (both included), equally likely.

    ``low`` and ``high`` broadcast against ``uniforms``; float64 uniforms keep the bias below
    1e-12 for the ranges used here.
    """
    import torch

    span = torch.as_tensor(high) - torch.as_tensor(low) + 1
    return torch.as_tensor(low) + (uniforms * span).floor().long()
