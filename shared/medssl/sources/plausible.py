"""What every scan must hold, whatever its format: three axes, sensible sizes, Hounsfield units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..store.contract import MOST_VOXELS, VOXEL_MM
from .scan import BrokenScanError, Scan

# No patient is longer; a voxel size that is wrong by a factor of ten shows here first.
LONGEST_MM = 3000.0
# Scanners count from their own middle; a number beyond is a damaged one.
FARTHEST_MM = 100_000.0
# Deflate cannot make more of a byte.
_MOST_INFLATED = 1032
_DEGENERATE = 1e-3
SEVERAL_VOLUMES = "several volumes in one file"  # in the reason, where there are
_MOST = float(np.finfo(np.float32).max)
_NARROWEST_HU = 50.0
_BELOW_AIR = -1100.0  # what scanners put outside their field of view, such as -2000


def check_header(shape: Sequence[int], itemsize: int, files: Iterable[Path], packed: bool) -> None:
    """Refuse a header before memory is taken for what it announces.

    Args:
        shape: voxels along each axis.
        itemsize: bytes of a voxel.
        files: what the voxels are read from.
        packed: the files may be compressed.

    Raises:
        BrokenScanError: not three axes of 2 or more (further ones may be 1), more voxels than any
            scan has, or more than can be in the files.
    """
    shape = tuple(int(n) for n in shape)
    if len(shape) < 3 or min(shape[:3]) < 2 or any(n != 1 for n in shape[3:]):
        kind = f", {SEVERAL_VOLUMES}" if len(shape) > 3 else ""
        raise BrokenScanError(f"shape {shape} is not a volume (three axes of 2 or more){kind}")
    count = math.prod(shape)
    if count > MOST_VOXELS:
        raise BrokenScanError(f"its header announces {shape} voxels, more than any scan has")
    size = sum(path.stat().st_size for path in files)
    if count * itemsize > size * (_MOST_INFLATED if packed else 1):
        raise BrokenScanError(
            f"cannot be read: its header announces {count * itemsize:,} bytes of voxels, "
            f"the file has {size:,}"
        )


def check_geometry(scan: Scan) -> None:
    """Refuse what is no volume of numbers with a place in the patient.

    Raises:
        BrokenScanError: not three axes, not one real number for each voxel; see
            :func:`check_grid`.
    """
    shape = scan.array.shape
    if len(shape) != 3 or min(shape) < 2:
        raise BrokenScanError(f"shape {tuple(shape)} is not a volume (three axes of 2 or more)")
    if scan.array.dtype.kind not in "iufb":
        raise BrokenScanError(f"voxels of type {scan.array.dtype}, expected one number each")
    check_grid(shape, scan.affine)


def check_grid(shape: Sequence[int], affine: NDArray[np.float64]) -> None:
    """Refuse a grid that cannot be a scan's; the affine is to RAS mm.

    Raises:
        BrokenScanError: an affine without inverse, voxels outside 0.05 to 20 mm, more
            than 3 m of them, or a place 100 m away.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    cosines = affine[:3, :3] / np.where(spacing > 0, spacing, 1)
    if not np.isfinite(affine).all() or abs(np.linalg.det(cosines)) < _DEGENERATE:
        raise BrokenScanError(f"its affine has no inverse (spacing {spacing.round(4).tolist()} mm)")
    if spacing.min() < VOXEL_MM[0] or spacing.max() > VOXEL_MM[1]:
        sizes = " x ".join(f"{size:g}" for size in spacing.round(6))
        raise BrokenScanError(
            f"voxels of {sizes} mm, expected {VOXEL_MM[0]:g} to {VOXEL_MM[1]:g} mm: "
            "its unit or voxel size is wrong"
        )
    far = float(np.abs(affine[:3, 3]).max())
    if far > FARTHEST_MM:
        raise BrokenScanError(f"lies {far / 1000:,.0f} m from the middle of its scanner")
    longest = float((spacing * shape).max())
    if longest > LONGEST_MM:
        raise BrokenScanError(f"extends over {longest:,.0f} mm, more than a patient has")


def check_values(array: NDArray[Any]) -> tuple[float, float]:
    """Lowest and highest value of what may be a scan of any modality.

    Raises:
        BrokenScanError: NaN or infinite voxels, or one constant value.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = int(np.count_nonzero(~np.isfinite(array)))
        raise BrokenScanError(f"{count} voxels are NaN or infinite")
    low, high = float(array.min()), float(array.max())
    if low == high:
        raise BrokenScanError(f"every voxel is {low:g}")
    return low, high


def check_hu(array: NDArray[Any]) -> None:
    """Refuse voxels that cannot be a CT in Hounsfield units.

    Raises:
        BrokenScanError: see :func:`check_values`; a value that no float32 holds, a span below 50
            HU, or nothing below 0 HU (air is -1000 and fat -100, so even a small crop of a body has
            some), not counting the padding outside a scanner's field of view.
    """
    low, high = check_values(array)
    if max(-low, high) > _MOST:
        raise BrokenScanError(f"values {low:g} to {high:g} are no Hounsfield units; mend them")
    if low < _BELOW_AIR:
        low = _lowest_above(array, low, high)
    if low >= 0 or high - low < _NARROWEST_HU:
        raise BrokenScanError(
            f"values {low:g} to {high:g} are no Hounsfield units (air is -1000, fat -100); "
            "MR and others are prepared with --modality"
        )


def _lowest_above(array: NDArray[Any], low: float, high: float) -> float:
    """The lowest value above ``low``, plane by plane as they lie in memory."""
    planes = array.transpose(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))
    return min(float(np.where(plane > low, plane, high).min()) for plane in planes)
