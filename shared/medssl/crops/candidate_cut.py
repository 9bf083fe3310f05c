"""The one way to cut a crop around a candidate, in training and in inference."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..store.contract import VOXEL_MM
from .object_crops import Readable, place_crop, read_padded
from .pair_boxes import Size, resize

AIR_HU = -1000


class Located(Readable, Protocol):
    """A scan that also knows its voxel size x, y, z in mm."""

    @property
    def spacing_mm(self) -> tuple[float, float, float]: ...


def check_isotropic(isotropic_mm: float | None) -> float | None:
    """Return the voxel size of the crops in mm, None for that of the scan.

    Raises:
        UserError: no voxel size that a prepared folder could have.
    """
    least, most = VOXEL_MM
    if isotropic_mm is not None and not least <= isotropic_mm <= most:
        raise UserError(
            f"isotropic_mm: {isotropic_mm!r}, expected mm from {least:g} to {most:g}, or null"
        )
    return isotropic_mm


def cut_candidate(
    scan: Located,
    voxel: NDArray[np.float64],
    crop_size: Size,
    isotropic_mm: float | None = None,
    pad_hu: int = AIR_HU,
) -> NDArray[np.int16]:
    """The crop around a position, moved into the scan where it fits in.

    Args:
        scan: int16 HU.
        voxel: ``(3,)`` fractional voxel of the scan.
        crop_size: voxels x, y, z of the result.
        isotropic_mm: voxel size to resample the crop to; None leaves it at the scan's. The box read
            has whole voxels, so its size is exact to half a voxel of the scan.
        pad_hu: value beyond a scan that is smaller.
    """
    size = crop_size
    if isotropic_mm is not None:
        sides = np.multiply(crop_size, isotropic_mm) / scan.spacing_mm
        x, y, z = np.maximum(np.rint(sides), 1).astype(int).tolist()
        size = (x, y, z)
    start = place_crop(voxel, size, scan.shape)
    return resize(read_padded(scan, start, size, pad_hu), crop_size)
