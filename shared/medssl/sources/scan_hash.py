"""What a scan is known by, whatever its file's format and name."""

from __future__ import annotations

from typing import Any

import numpy as np
from nibabel.orientations import apply_orientation, io_orientation
from numpy.typing import NDArray

from ..store.voxels import voxels_sha256
from .scan import Scan

_INT16 = (-32768, 32767)


def scan_sha256(scan: Scan) -> str:
    """Hash of a scan's own values in RAS order on its own grid; not of its affine.

    CT counts as whole HU. Of other scans, whose values may lie between 0 and 1, nothing is rounded;
    whole numbers are the same scan by either rule.
    """
    if scan.array.dtype == np.int16:
        return voxels_sha256(_in_ras(scan.array, scan.affine))
    values = scan.array.astype(np.float32, order="K")
    whole = np.clip(np.rint(values), *_INT16)
    if scan.scale is not None and not np.array_equal(whole, values):
        return voxels_sha256(_in_ras(values, scan.affine))
    return voxels_sha256(_in_ras(whole.astype(np.int16), scan.affine))


def _in_ras(values: NDArray[Any], affine: NDArray[np.float64]) -> NDArray[Any]:
    """A view with its axes in RAS order."""
    view: NDArray[Any] = apply_orientation(values, io_orientation(affine))
    return view
