"""What is to be classified: crops of whole scans or around regions, with their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from ..errors import UserError
from ..random import fold
from ..store.case_table import check_names
from ..store.joined import channels_of
from ..store.labelled_cases import ROWS, TABLE_OF, class_counts
from ..store.open_volumes import grid_of
from ..store.voxels import spacing_of
from .candidate_crops import check_inside, voxels_of
from .candidate_cut import AIR_HU, cut_candidate
from .keys import Key, padded_crop_size, split_key

_NOWHERE = (np.nan,) * 3


class RegionCropDataset(Dataset[dict[str, Any]]):
    """One crop for each row of a table of classes.

    A row with a place gives the crop around it, moved into the scan where it fits in; one without
    gives the crop in the scan's middle. What lies beyond a smaller scan is air.

    Args:
        data: items as :func:`~medssl.store.load_cases` gives them; kept as ``.data``.
        classes: names of the classes; their order is that of the numbers.
        crop_size: voxels x, y, z.
        seed: run seed.

    Attributes:
        counts: rows of each class.

    Raises:
        UserError: a bad argument, or a region outside of its scan.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        classes: Sequence[object],
        crop_size: Sequence[int] = (64, 64, 64),
        seed: int = 0,
    ) -> None:
        self.data, self.classes = [dict(item) for item in data], check_names(classes)
        self.crop_size, self.seed = padded_crop_size(crop_size, self.data), seed
        self._rows = [(item, row) for item in self.data for row in item[ROWS]]
        self._voxels = [voxel for item in self.data for voxel in _voxels(item)]
        if not self._rows:
            raise UserError("data: no row of a class; give a table that has some of these scans")
        counts = class_counts(self.data)
        self.counts = [counts[name] for name in self.classes]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """Return the crop of one row.

        Args:
            key: ``(epoch, index)``, or an index of epoch 0.

        Returns:
            ``image`` int16 ``(C, X, Y, Z)``, ``label`` the number of its class (int64, no axes),
            ``seed`` of the sample, ``case`` and ``patient`` of the scan, ``row`` (line of the
            table, the header being 1) and ``world_mm`` ``(3,)`` float64, LPS, NaN for a whole scan.
        """
        epoch, index = split_key(key, len(self))
        item, row = self._rows[index]
        cut = [
            cut_candidate(each, self._voxels[index], self.crop_size, None, AIR_HU)
            for each in channels_of(item)
        ]
        return {
            "image": torch.from_numpy(np.stack(cut)),
            "label": torch.tensor(self.classes.index(row["label"])),
            "seed": fold(self.seed, epoch, index),
            "case": str(item["id"]),
            "patient": str(item["patient"]),
            "row": int(row["line"]),
            "world_mm": torch.tensor(row["world_mm"] or _NOWHERE, dtype=torch.float64),
        }


def middle_of(shape: Sequence[int]) -> NDArray[np.float64]:
    """The voxel in a scan's middle, ``(3,)``: its crop begins at the half of what is left over."""
    return np.floor_divide(shape, 2).astype(np.float64)


def _voxels(item: Mapping[str, Any]) -> list[NDArray[np.float64]]:
    """Fractional voxels of an item's rows, each inside its scan."""
    rows = item[ROWS]
    middle = middle_of(item["shape"])
    if all(row["world_mm"] is None for row in rows):
        return [middle for _ in rows]
    shape, affine = grid_of(item)
    world = np.array([row["world_mm"] for row in rows], dtype=np.float64)
    voxels = voxels_of(world, affine)
    lines = np.array([row["line"] for row in rows])
    where = f"{item.get(TABLE_OF, item['image'])}: regions of {item['id']}"
    check_inside(voxels, shape, spacing_of(affine), world, where, lines)
    return list(voxels)
