"""What a scan is known by, whatever its file's format and name."""

from __future__ import annotations

import numpy as np

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
    values = scan.array.astype(np.float32, order="K")
    whole = np.clip(np.rint(values), *_INT16)
    if scan.scale is not None and not np.array_equal(whole, values):
        return voxels_sha256(ras_view(values, scan.affine))
    return voxels_sha256(ras_view(whole.astype(np.int16), scan.affine))
