"""Cutting crops around candidates out of a scan that MONAI has loaded, for inference."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from monai.data import MetaTensor
from monai.transforms import MapTransform

from .keys import check_crop_size
from .scan_positions import Positions, box_around


class CutCandidatesd(MapTransform):
    """Replace a scan by the crops around its candidates, as channels.

    The candidates are ``data["candidates"]``, a list of LPS positions in mm, or the rows of a CSV
    file. Adds ``case`` (the scan's name in it) and ``world_mm`` ``(N, 3)``.

    Args:
        keys: of the image, ``(1, X, Y, Z)`` in RAS order with its affine.
        crop_size: voxels x, y, z; what lies beyond a smaller scan is 0.
        candidates: CSV file, see :class:`~medssl.crops.scan_positions.Positions`; None if all
            data bring their own.

    Raises:
        UserError: no candidate of the scan, or one outside of it.
    """

    def __init__(
        self,
        keys: str | Sequence[str],
        crop_size: Sequence[int],
        candidates: str | Path | None = None,
    ) -> None:
        super().__init__(keys)
        self.crop_size = check_crop_size(crop_size)
        self.positions = Positions(candidates, "candidates")

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.keys:
            image: MetaTensor = result[key]
            case, world, voxels = self.positions.of(image, result.get("candidates"))
            crops = image.new_zeros((len(voxels), *self.crop_size)).as_subclass(torch.Tensor)
            for crop, voxel in zip(crops, voxels, strict=True):
                inside, place = box_around(voxel, self.crop_size, tuple(image.shape[1:]))
                crop[place] = image.as_tensor()[0][inside]
            result[key] = MetaTensor(crops, meta=image.meta)
            result["case"], result["world_mm"] = case, torch.from_numpy(world)
        return result
