"""Apply an operation to some rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import torch
from torch import Tensor

Params = TypeVar("Params", bound="SampleParams")
Operation = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class SampleParams:
    """Drawn parameters: CPU tensors, or parameters in turn, with one row per sample."""

    def rows(self: Params, index: Tensor) -> Params:
        """Return the parameters of the samples ``index`` (integers)."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            self,
            **{
                name: value.rows(index) if isinstance(value, SampleParams) else value[index]
                for name, value in values.items()
            },
        )


def runs_on_cpu(images: Tensor) -> bool:
    """Whether the compiled loops take these images: contiguous float32 on the CPU."""
    return images.device.type == "cpu" and images.dtype == torch.float32 and images.is_contiguous()


def apply_where(
    images: Tensor,
    active: Tensor,
    params: Params,
    operation: Callable[[Tensor, Params], Tensor],
) -> Tensor:
    """Apply ``operation`` to the samples that ``active`` ``(B,)`` names; the others stay equal.

    The rows are picked on the CPU, where the decisions are, so that a GPU is not made to wait.
    """
    index = active.nonzero().flatten()
    if len(index) == 0:
        return images
    if len(index) == len(images):
        return operation(images, params)
    rows = index.to(images.device)
    return images.index_copy(0, rows, operation(images[rows], params.rows(index)))


def apply_by_group(images: Tensor, groups: Tensor, operations: Sequence[Operation]) -> Tensor:
    """Apply ``operations[groups[b]]`` to sample ``b``, one call for each group that occurs.

    Operations must keep the shape. ``groups`` is ``(B,)`` integers.
    """
    out = torch.empty_like(images)
    groups = groups.cpu()
    for group in groups.unique().tolist():
        rows = (groups == group).nonzero().flatten().to(images.device)
        out.index_copy_(0, rows, operations[group](images[rows]))
    return out
