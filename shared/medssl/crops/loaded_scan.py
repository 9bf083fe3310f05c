"""A scan that MONAI has loaded, read like a stored one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from monai.data import MetaTensor
from numpy.typing import NDArray

from ..store.voxels import spacing_of


class LoadedScan:
    """One channel of a loaded scan, whose boxes are whole HU as they are stored.

    Args:
        image: ``(C, X, Y, Z)`` in RAS order with its affine.
        channel: which of them.
    """

    dtype = np.dtype(np.int16)

    def __init__(self, image: MetaTensor, channel: int = 0) -> None:
        self._array = image.as_tensor()[channel].cpu().numpy()
        x, y, z = self._array.shape
        self.shape = (x, y, z)
        self.spacing_mm = spacing_of(image.affine.cpu().numpy())

    def read(self, start: Sequence[int], size: Sequence[int]) -> NDArray[np.int16]:
        """A box of ``size`` voxels."""
        box = tuple(slice(a, a + n) for a, n in zip(start, size, strict=True))
        limits = np.iinfo(np.int16)
        return np.rint(self._array[box]).clip(limits.min, limits.max).astype(np.int16)
