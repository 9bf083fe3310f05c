"""What every data set of crops is asked with: keys of samples and sizes of crops."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UserError
from .pair_boxes import Size

Key = int | tuple[int, int]
_MOST_PADDED = 64  # voxels of a crop for each of a scan: four times as long along each axis
_HARMLESS = 2**25  # voxels of a crop, however small the scans


def split_key(key: Key, length: int) -> tuple[int, int]:
    """Read a data set key as ``(epoch, index)``; a plain index is of epoch 0.

    Raises:
        IndexError: the index is not below ``length``.
    """
    epoch, index = key if isinstance(key, tuple) else (0, key)
    if not -length <= index < length:
        raise IndexError(f"index {index} of a data set of {length}")
    return epoch, index % length


def check_crop_size(crop_size: Sequence[int], name: str = "crop_size") -> Size:
    """Return the crop size as three voxel counts; ``name`` is the key an error names.

    Raises:
        UserError: anything but three whole numbers of 1 or more.
    """
    if len(crop_size) != 3 or any(int(n) != n or n < 1 for n in crop_size):
        raise UserError(f"{name}: {crop_size!r}, expected three voxel counts (x, y, z)")
    x, y, z = (int(n) for n in crop_size)
    return x, y, z


def padded_crop_size(crop_size: Sequence[int], data: Sequence[Mapping[str, Any]]) -> Size:
    """The crop size of a dataset that pads scans which are smaller.

    Raises:
        UserError: see :func:`check_crop_size`, or crops would be nearly all padding.
    """
    size = check_crop_size(crop_size)
    shapes = [item["shape"] for item in data if "shape" in item]
    largest = max(shapes, key=math.prod, default=size)
    if math.prod(size) > max(_HARMLESS, _MOST_PADDED * math.prod(largest)):
        raise UserError(
            f"crop_size: {list(size)} has over {_MOST_PADDED} times the voxels of the largest scan "
            f"({list(largest)}), so that crops were nearly all padding; lower crop_size"
        )
    return size
