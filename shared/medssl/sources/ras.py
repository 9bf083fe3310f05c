"""Scans and their grids in RAS order, without moving voxels where the grid alone is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.orientations import apply_orientation, io_orientation
from numpy.typing import NDArray

from ..store.contract import MOST_VOXELS
from ..store.voxels import spacing_of
from .grids import Grid
from .scan import BrokenScanError
from .upright import upright_spacing

if TYPE_CHECKING:
    import torch


def to_ras(tensor: torch.Tensor, affine: NDArray[np.float64], lazy: bool = False) -> Any:
    """``(1, X, Y, Z)`` tensor with its affine, axes flipped and permuted to RAS order.

    Args:
        tensor: ``(X, Y, Z)``.
        affine: to RAS mm.
        lazy: leave the voxels as they are, with what is pending.
    """
    import torch
    from monai.data import MetaTensor
    from monai.transforms import Orientation

    image = MetaTensor(tensor[None], affine=torch.from_numpy(affine))
    return Orientation("RAS", labels=(("L", "R"), ("P", "A"), ("I", "S")), lazy=lazy)(image)


def ras_view(values: NDArray[Any], affine: NDArray[np.float64]) -> NDArray[Any]:
    """A view of ``(X, Y, Z)`` values with its axes in RAS order."""
    view: NDArray[Any] = apply_orientation(values, io_orientation(affine))
    return view


def own_grid(shape: Sequence[int], affine: NDArray[np.float64]) -> Grid:
    """A scan's own grid, its axes in RAS order."""
    return _pending(_no_voxels(shape, affine))


def new_grid(
    shape: Sequence[int], affine: NDArray[np.float64], spacing: Sequence[float] | None
) -> Grid:
    """The grid that MONAI's ``Spacing`` gives a scan: RAS order, the first voxel's centre kept.

    Args:
        shape: the scan's voxels.
        affine: to RAS mm.
        spacing: voxel size (x, y, z) in mm; None keeps the scan's own, but for a sheared scan,
            which is brought to a rectangular grid.

    Raises:
        BrokenScanError: too many voxels at that spacing.
    """
    from monai.transforms import Spacing

    image = _no_voxels(shape, affine)
    own = _pending(image)
    wanted = spacing or upright_spacing(own[1])
    if wanted is None:
        return own
    check_room(own, wanted)
    return _pending(Spacing(tuple(wanted), lazy=True)(image))


def check_room(grid: Grid, spacing: Sequence[float]) -> None:
    """Refuse more voxels than any scan has, before memory is taken for them.

    Raises:
        BrokenScanError: that many.
    """
    extent = np.asarray(grid[0]) * spacing_of(grid[1])
    if (count := float(np.prod(extent / spacing))) > MOST_VOXELS:
        sizes = " x ".join(f"{size:g}" for size in spacing)
        raise BrokenScanError(
            f"at {sizes} mm it would have {count:,.0f} voxels; prepare it coarser"
        )


def _no_voxels(shape: Sequence[int], affine: NDArray[np.float64]) -> Any:
    import torch

    return to_ras(torch.empty(1).expand(tuple(shape)), affine, lazy=True)


def _pending(image: Any) -> Grid:
    affine = image.peek_pending_affine().numpy().astype(np.float64)
    return tuple(map(int, image.peek_pending_shape())), affine
