"""Random crops of unlabelled scans for pretraining."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from ..errors import UserError
from ..random import fold
from ..store.open_volumes import open_item
from ..store.volume_file import StoredVolume
from .chooser import CropChooser
from .crop_rule import AUTO
from .keys import Key, check_crop_size, split_key
from .pair_boxes import Size, Starts, fitting, largest_iou, overlapping_starts, resize
from .patches import PatchGrid


class CropDataset(Dataset[dict[str, Any]]):
    """Crops at random places that show something.

    A crop is uniform over all positions inside the scan, given that it passes the rule
    (see :mod:`~medssl.crops.crop_rule`). Where ``attempts`` positions fail, the one that misses
    the limits least is taken.

    Args:
        data: items with the path ``image`` of a prepared volume; kept as ``.data``.
        crop_size: voxels x, y, z.
        crops_per_scan: samples of each scan in an epoch.
        seed: run seed; every decision follows from it, the epoch and the index.
        views: 1, or 2 for a pair of overlapping crops of the same scan (contrastive methods).
        min_iou: least intersection over union of the two boxes; the second box is uniform over
            all that reach it.
        pair_scales: sizes (voxels x, y, z) of the boxes of a pair, resampled to ``crop_size``; the
            first is uniform over those that fit the scan, the second over those that also reach
            ``min_iou`` with the first. None cuts both at ``crop_size``.
        crop_rule: ``lung`` (little soft tissue, little air; ``body`` in scans where less than one
            position in a hundred passes), ``body`` (half of the crop or more), ``any``, or
            ``auto``: ``lung`` where the scans' median is two in a hundred or more, else ``body``,
            as for scans that are not in HU.
        tissue_limit: largest tissue score; None takes the rule's.
        matter_limit: least share of voxels above -900 HU, or in the foreground of scans that are
            not in HU; None takes the rule's.
        attempts: positions to try; a chest scan accepts 2 to 15 in a hundred for ``lung``.
        fixed_crops: cut the same crops in every epoch, as the paper does; what is then done to
            them still differs.
        patches: cut these patches out of the crop, whose size must be ``patches.crop_size``;
            without limits only they are read from the store.

    Raises:
        UserError: no data, a bad argument, or a scan smaller than the crop.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        crop_size: Sequence[int],
        crops_per_scan: int = 1,
        seed: int = 0,
        views: int = 1,
        min_iou: float = 0.25,
        crop_rule: str = AUTO,
        tissue_limit: float | None = None,
        matter_limit: float | None = None,
        attempts: int = 200,
        fixed_crops: bool = False,
        patches: PatchGrid | None = None,
        pair_scales: Sequence[Sequence[int]] | None = None,
    ) -> None:
        self.data = [dict(item) for item in data]
        self.crop_size = check_crop_size(crop_size)
        _check(len(self.data) > 0, "data: no scan; give at least one")
        _check(crops_per_scan >= 1, f"crops_per_scan: {crops_per_scan}, expected 1 or more")
        _check(views in (1, 2), f"views: {views}, expected 1 or 2")
        _check(0 < min_iou <= 1, f"min_iou: {min_iou}, expected above 0 and at most 1")
        _check(attempts >= 1, f"attempts: {attempts}, expected 1 or more")
        if patches is not None:
            expected = list(patches.crop_size)
            _check(views == 1, f"views: {views}, expected 1 with patches")
            _check(
                list(self.crop_size) == expected,
                f"crop_size: {list(self.crop_size)}, expected {expected} to hold the patches",
            )
        sizes = [self.crop_size] if pair_scales is None else pair_scales
        self.sizes = [check_crop_size(size, "pair_scales") for size in sizes]
        _check(len(self.sizes) > 0, "pair_scales: no size; give at least one, or null")
        _check(pair_scales is None or views == 2, f"pair_scales: expected views 2, got {views}")
        self.patches = patches
        self.crops_per_scan, self.seed, self.views = crops_per_scan, seed, views
        self.min_iou, self.attempts, self.fixed_crops = min_iou, attempts, fixed_crops
        self.chooser = CropChooser(self.data, self.sizes, crop_rule, tissue_limit, matter_limit)

    def __len__(self) -> int:
        return len(self.data) * self.crops_per_scan

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """Return int16 HU ``image`` ``(views or patches, X, Y, Z)``, the sample's ``seed`` and
        ``case``, the scan's id.

        ``pitch`` ``(3,)``, the size of the scan's native voxels in stored ones, goes with them
        where the item has its ``native_spacing_mm`` and ``spacing_mm``.

        Args:
            key: ``(epoch, index)``, or an index of epoch 0.
        """
        epoch, index = split_key(key, len(self))
        seed = fold(self.seed, epoch, index)
        item = self.data[index // self.crops_per_scan]
        volume = open_item(item)
        place = fold(self.seed, 0, index) if self.fixed_crops else seed
        rng = np.random.default_rng(fold(place, "crop"))
        sizes = self._sizes_in(volume)
        size = sizes[rng.integers(len(sizes))]
        room = np.subtract(volume.shape, size)
        starts = rng.integers(0, room + 1, size=(self.attempts, 3))
        if self.patches is not None:
            crops = self._cut_patches(volume, starts, self.patches, seed)
        else:
            start, crop = self.chooser.choose(volume, starts, size)
            crops = [resize(crop, self.crop_size)]
            if self.views == 2:
                reach = [other for other in sizes if largest_iou(size, other) >= self.min_iou]
                pair = size, reach[rng.integers(len(reach))]
                crops.append(self._cut_partner(volume, start, pair, rng))
        case = str(item.get("id", volume.path.stem))
        image = torch.from_numpy(np.stack(crops))
        return {"image": image, "seed": seed, "case": case, **_pitch(item)}

    @property
    def rule(self) -> str:
        """The name of the rule for all scans, found where ``auto`` was asked for."""
        return self.chooser.rule

    def _sizes_in(self, volume: StoredVolume) -> list[Size]:
        """The sizes that fit a scan; one at least."""
        sizes = fitting(self.sizes, volume.shape)
        if not sizes:
            name = "crop_size" if self.sizes == [self.crop_size] else "pair_scales"
            smallest = list(min(self.sizes, key=math.prod))
            raise UserError(
                f"{name}: {smallest} is larger than {volume.path} {list(volume.shape)}; "
                "pass crop_size to load_datalist to leave such scans out"
            )
        return sizes

    def _cut_patches(
        self, volume: StoredVolume, starts: Starts, patches: PatchGrid, seed: int
    ) -> list[NDArray[np.int16]]:
        start = self.chooser.choose_start(volume, starts, self.crop_size)
        return [
            volume.read((start + offset).tolist(), patches.patch_size)
            for offset in patches.starts(seed)
        ]

    def _cut_partner(
        self,
        volume: StoredVolume,
        start: Starts,
        sizes: tuple[Size, Size],
        rng: np.random.Generator,
    ) -> NDArray[np.int16]:
        starts = overlapping_starts(start, sizes, volume.shape, self.min_iou, self.attempts, rng)
        return resize(self.chooser.choose(volume, starts, sizes[1])[1], self.crop_size)


def _pitch(item: Mapping[str, Any]) -> dict[str, Tensor]:
    if not {"native_spacing_mm", "spacing_mm"} <= item.keys():
        return {}
    native, stored = (torch.tensor(item[key]) for key in ("native_spacing_mm", "spacing_mm"))
    return {"pitch": native / stored}


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise UserError(message)
