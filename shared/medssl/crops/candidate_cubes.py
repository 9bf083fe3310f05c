"""Cutting crops around candidates out of a scan that MONAI has loaded, for inference."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import MapTransform
from numpy.typing import NDArray

from .candidate_cut import check_isotropic, cut_candidate
from .keys import check_crop_size, padded_crop_size
from .loaded_scan import LoadedScan
from .scan_positions import Positions


class CutCandidatesd(MapTransform):
    """Replace a scan by the crops around its candidates, as channels, cut as in training.

    The candidates are ``data["candidates"]``, a list of LPS positions in mm, or the rows of a CSV
    file. Adds ``case`` (the scan's name in it) and ``world_mm`` ``(N, 3)``.

    Args:
        keys: of the image, ``(C, X, Y, Z)`` HU in RAS order with its affine; the crops are whole
            HU, as they are stored, all channels of one after the other.
        crop_size: voxels x, y, z; what lies beyond a smaller scan is air.
        candidates: CSV file, see :class:`~medssl.crops.scan_positions.Positions`; None if all
            data bring their own.
        isotropic_mm: voxel size that the crops are resampled to, see
            :func:`~.candidate_cut.cut_candidate`.

    Raises:
        UserError: a bad argument, no candidate of the scan, one outside of it, or crops that were
            nearly all padding.
    """

    def __init__(
        self,
        keys: str | Sequence[str],
        crop_size: Sequence[int],
        candidates: str | Path | None = None,
        isotropic_mm: float | None = None,
    ) -> None:
        super().__init__(keys)
        self.crop_size = check_crop_size(crop_size)
        self.isotropic_mm = check_isotropic(isotropic_mm)
        self.positions = Positions(candidates, "candidates")

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.keys:
            image: MetaTensor = result[key]
            size = padded_crop_size(self.crop_size, [{"shape": image.shape[1:]}])
            case, world, voxels = self.places(image, result)
            scans = [LoadedScan(image, channel) for channel in range(len(image))]
            cut = [
                cut_candidate(scan, voxel, size, self.isotropic_mm)
                for voxel in voxels
                for scan in scans
            ]
            crops = torch.from_numpy(np.stack(cut)).to(image.dtype)
            result[key] = MetaTensor(crops, meta=image.meta)
            result["case"], result["world_mm"] = case, torch.from_numpy(world)
        return result

    def places(
        self, image: MetaTensor, data: Mapping[Hashable, Any]
    ) -> tuple[str, NDArray[np.float64], NDArray[np.float64]]:
        """Name of the scan and where to cut, as LPS mm and as fractional voxels, ``(N, 3)`` each.

        Args:
            image: the scan.
            data: what came with it.
        """
        return self.positions.of(image, data.get("candidates"))
