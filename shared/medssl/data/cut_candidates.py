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

from ..errors import UserError
from .candidate_crops import check_inside
from .crops import check_crop_size
from .object_crops import place_crop
from .readers import suffix_of
from .tables import read_marks

_RAS_FROM_LPS = np.array([-1.0, -1.0, 1.0])


class CutCandidatesd(MapTransform):
    """Replace a scan by the crops around its candidates, as channels.

    The candidates are ``data["candidates"]``, a list of LPS positions in mm, or the rows of a CSV
    file whose ``seriesuid`` is the scan's file name. Adds ``case`` (that name) and ``world_mm``
    ``(N, 3)``.

    Args:
        keys: of the image, ``(1, X, Y, Z)`` in RAS order with its affine.
        crop_size: voxels x, y, z.
        candidates: CSV file, see :func:`~medssl.data.tables.read_marks`; None if all data bring
            their own.

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
        self.table = None if candidates is None else read_marks(Path(candidates))
        self.source = candidates

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        result = dict(data)
        for key in self.keys:
            image: MetaTensor = result[key]
            name = series_of(str(image.meta.get("filename_or_obj", "scan")))
            world = self._positions(result, name)
            inverse = np.linalg.inv(np.asarray(image.affine, dtype=np.float64))
            voxels = (world * _RAS_FROM_LPS) @ inverse[:3, :3].T + inverse[:3, 3]
            spacing = np.linalg.norm(np.asarray(image.affine)[:3, :3], axis=0)
            check_inside(voxels, image.shape[1:], spacing, world, f"candidate of {name}")
            crops = [self._cut(image.as_tensor()[0], voxel) for voxel in voxels]
            result[key] = MetaTensor(torch.stack(crops), meta=image.meta)
            result["case"], result["world_mm"] = name, torch.from_numpy(world)
        return result

    def _positions(self, data: Mapping[Hashable, Any], name: str) -> NDArray[np.float64]:
        given = data.get("candidates")
        if given is None and self.table is not None:
            given = self.table.of([name]).world_mm
        world = np.asarray([] if given is None else given, dtype=np.float64).reshape(-1, 3)
        if not len(world):
            raise UserError(
                f"candidates: none of {name} in {self.source}; its column seriesuid must hold the "
                "scan's file name without suffix"
            )
        return world

    def _cut(self, image: torch.Tensor, center: NDArray[np.float64]) -> torch.Tensor:
        """Crop around one voxel, moved inside; what lies beyond a small scan is 0."""
        start = place_crop(center, self.crop_size, image.shape)
        low = np.maximum(start, 0)
        high = np.minimum(start + np.asarray(self.crop_size), image.shape)
        crop = image.new_zeros(self.crop_size)
        crop[tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))] = image[
            tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        ]
        return crop


def series_of(path: str) -> str:
    """File name of a scan without its suffix; LUNA16 names scans by their series UID."""
    file = Path(path)
    return file.name.removesuffix(suffix_of(file)) if suffix_of(file) else file.name
