"""What a scan is known by, whatever its file's format and name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..store.voxels import voxels_sha256
from .ras import ras_view
from .scan import Scan

_INT16 = (-32768, 32767)


def scan_sha256(scan: Scan) -> str:
    """Hash of a scan's own values in RAS order on its own grid; not of its affine.

    CT counts as whole HU. Of other scans, whose values may lie between 0 and 1, nothing is rounded;
    whole numbers are the same scan by either rule.
    """
    if scan.array.dtype == np.int16:
        return voxels_sha256(ras_view(scan.array, scan.affine))
    values = scan.array.astype(_type_of(scan.array), order="K")
    whole = np.clip(np.rint(values), *_INT16)
    if scan.scale is not None and not np.array_equal(whole, values):
        return voxels_sha256(ras_view(values, scan.affine))
    return voxels_sha256(ras_view(whole.astype(np.int16), scan.affine))


def _type_of(values: NDArray[Any]) -> type[np.floating[Any]]:
    """Single precision, unless that would make the same infinity of all large values."""
    most = float(np.finfo(np.float32).max)
    return np.float32 if -most <= values.min() and values.max() <= most else np.float64
