"""Scans whose axes are not perpendicular, like those of a tilted gantry, on rectangular grids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .scan import Scan

AIR_HU = -1000.0
OUTSIDE = "outside"  # meta data of a loaded scan: what stands where no scanner has seen
# Cosine between axes; half a millimetre over 500 mm.
_SHEARED = 1e-3


def upright_spacing(affine: NDArray[np.floating[Any]]) -> tuple[float, float, float] | None:
    """Voxel size in mm of the rectangular grid that a sheared one fits; None if it is rectangular.

    Slices of a tilted gantry are shifted against each other; their distance along the normal is
    less than from centre to centre.
    """
    axes = np.asarray(affine, dtype=np.float64)[:3, :3]
    cosines = axes / np.linalg.norm(axes, axis=0)
    if np.abs(cosines.T @ cosines - np.eye(3)).max() < _SHEARED:
        return None
    x, y, z = np.abs(np.diag(np.linalg.qr(axes)[1])).tolist()
    return x, y, z


def outside_of(scan: Scan) -> float:
    """Stored value of what a scanner has not seen: air, or the scan's darkest value."""
    return AIR_HU if scan.scale is None else scan.scale.outside


def fill_outside(resampled: Any, scan: Any, value: float | Sequence[float]) -> None:
    """Set what a sheared scan does not cover of its rectangular grid, in place.

    MONAI continues the scan's faces there, over centimetres where a gantry was tilted. Half a voxel
    beyond the outermost centres belongs to the scan. Scans that are not sheared are left alone.

    Args:
        resampled: ``(C, X, Y, Z)`` MetaTensor on the rectangular grid.
        scan: the same before resampling.
        value: for example that of air; one for all channels, or one for each.
    """
    from monai.transforms import SpatialResample

    if upright_spacing(scan.affine.numpy()) is None:
        return
    mark = SpatialResample(mode="nearest", padding_mode="zeros")
    shape = tuple(resampled.shape[1:])
    covered = mark(torch.ones_like(scan), dst_affine=resampled.affine, spatial_size=shape)
    for number, each in enumerate(np.broadcast_to(value, len(resampled)).tolist()):
        resampled[number][covered[number] == 0] = each
