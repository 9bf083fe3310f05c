"""Cutting what is to be classified out of a scan that MONAI has loaded, for inference."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from monai.data import MetaTensor
from numpy.typing import NDArray

from ..sources.scan_names import NAME
from ..store.marks import REGIONS
from .candidate_cubes import CutCandidatesd
from .region_crops import middle_of
from .scan_positions import Positions

Places = tuple[str, NDArray[np.float64], NDArray[np.float64]]


class CutRegionsd(CutCandidatesd):
    """Replace a scan by the crops around its regions, or by one of its middle, as channels.

    Adds ``case`` (the scan's name) and ``world_mm`` ``(N, 3)`` in LPS mm, NaN for the whole scan.

    Args:
        keys: of the image, ``(C, X, Y, Z)`` in RAS order with its affine.
        crop_size: voxels x, y, z; what lies beyond a smaller scan is air.
        regions: CSV file with the columns case,x,y,z, see
            :class:`~medssl.crops.scan_positions.Positions`; None takes the middle of each scan.

    Raises:
        UserError: a bad argument, no region of the scan, or one outside of it.
    """

    def __init__(
        self,
        keys: str | Sequence[str],
        crop_size: Sequence[int],
        regions: str | Path | None = None,
    ) -> None:
        super().__init__(keys, crop_size)
        self.positions = Positions(regions, "regions", REGIONS)

    def places(self, image: MetaTensor, data: Mapping[Hashable, Any]) -> Places:
        """Name of the scan and where to cut, see :class:`CutCandidatesd`."""
        if self.positions.marks is not None or data.get("regions") is not None:
            return self.positions.of(image, data.get("regions"))
        name = str(image.meta.get(NAME, "scan"))
        return name, np.full((1, 3), np.nan), middle_of(tuple(image.shape[1:]))[None]
