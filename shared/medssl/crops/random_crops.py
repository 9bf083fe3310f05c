"""Random crops of unlabelled scans for pretraining."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from ..errors import UserError
from ..random import fold
from ..store.occupancy import OCCUPANCY, Occupancy, pack_occupancy, tissue_and_matter
from ..store.volume_file import StoredVolume, open_item, open_volume
from .crop_rule import (
    AUTO,
    LEAST_ACCEPTED,
    LUNGS,
    RULES,
    CropRule,
    acceptance,
    check_rule,
    with_limits,
)
from .pair_boxes import Size, Starts, fitting, largest_iou, overlapping_starts, resize
from .patches import PatchGrid

_CACHED_SUMMARIES, _CACHED_SHARES = 128, 4096
_LOOKED_AT = 32
Key = int | tuple[int, int]


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
            ``auto``: ``lung`` where the scans' median is two in a hundred or more, else ``body``.
        tissue_limit: largest tissue score; None takes the rule's.
        matter_limit: least share of voxels above -900 HU; None takes the rule's.
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
        check_rule(crop_rule, tissue_limit, matter_limit)
        self.crop_rule, self.limits = crop_rule, (tissue_limit, matter_limit)

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
        sizes = fitting(self.sizes, volume.shape)
        if not sizes:
            name = "crop_size" if self.sizes == [self.crop_size] else "pair_scales"
            smallest = list(min(self.sizes, key=math.prod))
            raise UserError(
                f"{name}: {smallest} is larger than {volume.path} {list(volume.shape)}; "
                "pass crop_size to load_datalist to leave such scans out"
            )
        size = sizes[rng.integers(len(sizes))]
        room = np.subtract(volume.shape, size)
        starts = rng.integers(0, room + 1, size=(self.attempts, 3))
        if self.patches is not None:
            crops = self._cut_patches(volume, starts, self.patches, seed)
        else:
            start, crop = self._choose(volume, starts, size)
            crops = [resize(crop, self.crop_size)]
            if self.views == 2:
                reach = [other for other in sizes if largest_iou(size, other) >= self.min_iou]
                pair = size, reach[rng.integers(len(reach))]
                crops.append(self._cut_partner(volume, start, pair, rng))
        case = str(item.get("id", volume.path.stem))
        image = torch.from_numpy(np.stack(crops))
        return {"image": image, "seed": seed, "case": case, **_pitch(item)}

    @cached_property
    def rule(self) -> str:
        """The name of the rule for all scans; ``auto`` looks at 32 of them at most."""
        if self.crop_rule != AUTO:
            return self.crop_rule
        paths = [str(item["image"]) for item in self.looked_at()]
        shares = [self._accepted(open_volume(path), self._named("lung")) for path in paths]
        return "lung" if np.median(shares) >= LUNGS else "body"

    def looked_at(self) -> list[dict[str, Any]]:
        """Up to 32 items, spread over all."""
        return self.data[:: math.ceil(len(self.data) / _LOOKED_AT)]

    def rule_of(self, volume: StoredVolume) -> CropRule:
        """The rule for crops of this scan, limits replaced where asked."""
        rule = self._named(self.rule)
        if self.rule == "lung" and self._accepted(volume, rule) < LEAST_ACCEPTED:
            return self._named("body")
        return rule

    def acceptance_of(self, volume: StoredVolume) -> float:
        """Share of this scan's positions that pass its rule, estimated."""
        return self._accepted(volume, self.rule_of(volume))

    def _named(self, name: str) -> CropRule:
        return with_limits(RULES[name], *self.limits)

    def _accepted(self, volume: StoredVolume, rule: CropRule) -> float:
        sizes = fitting(self.sizes, volume.shape)
        return _acceptance(str(volume.path), rule, min(sizes, key=math.prod)) if sizes else 0.0

    def _cut_patches(
        self, volume: StoredVolume, starts: Starts, patches: PatchGrid, seed: int
    ) -> list[NDArray[np.int16]]:
        start = self._choose_start(volume, starts)
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
        return resize(self._choose(volume, starts, sizes[1])[1], self.crop_size)

    def _choose(
        self, volume: StoredVolume, starts: Starts, size: Size
    ) -> tuple[Starts, NDArray[np.int16]]:
        """The first crop that passes, else the least bad one."""
        rule = self.rule_of(volume)
        if rule.allows_all:
            return starts[0], volume.read(starts[0].tolist(), size)
        tissue, matter = summary(str(volume.path)).bounds(starts, np.asarray(size))
        possible = (tissue[0] <= rule.tissue_limit) & (matter[1] >= rule.matter_limit)
        for start in starts[possible]:
            window = _window(volume, start, size)
            if rule.passes(*tissue_and_matter(window, size[2])):
                return start, window[..., : size[2]]
        start = starts[rule.miss(tissue, matter).argmin()]
        return start, volume.read(start.tolist(), size)

    def _choose_start(self, volume: StoredVolume, starts: Starts) -> Starts:
        """Where the crop begins; nothing is read where any place will do."""
        if self.rule_of(volume).allows_all:
            return starts[0]
        return self._choose(volume, starts, self.crop_size)[0]


def _window(volume: StoredVolume, start: Starts, size: Size) -> NDArray[np.int16]:
    """A crop with the slice after it, as the tissue score wants it, where the scan has one."""
    x, y, depth = size
    below = min(depth + 1, volume.shape[2] - int(start[2]))
    return volume.read(start.tolist(), (x, y, below))


@lru_cache(maxsize=_CACHED_SHARES)
def _acceptance(path: str, rule: CropRule, size: Size) -> float:
    """Acceptance of a scan, kept by this process: it takes a thousand positions."""
    if rule.allows_all:
        return 1.0
    return acceptance(rule, summary(path), open_volume(path).shape, size)


def _pitch(item: Mapping[str, Any]) -> dict[str, Tensor]:
    if not {"native_spacing_mm", "spacing_mm"} <= item.keys():
        return {}
    native, stored = (torch.tensor(item[key]) for key in ("native_spacing_mm", "spacing_mm"))
    return {"pitch": native / stored}


@lru_cache(maxsize=_CACHED_SUMMARIES)
def summary(path: str) -> Occupancy:
    """The occupancy of a prepared volume, kept by this process."""
    volume = open_volume(path)
    packed = volume.attributes.get(OCCUPANCY) or pack_occupancy(volume.read_all())
    return Occupancy(packed, volume.shape)


def split_key(key: Key, length: int) -> tuple[int, int]:
    """Read a data set key as ``(epoch, index)``; a plain index is of epoch 0.

    Raises:
        IndexError: the index is not below ``length``.
    """
    epoch, index = key if isinstance(key, tuple) else (0, key)
    if not -length <= index < length:
        raise IndexError(f"index {index} of a data set of {length}")
    return epoch, index % length


def check_crop_size(crop_size: Sequence[int], name: str = "crop_size") -> Size:
    """Return the crop size as three voxel counts; ``name`` is the key an error names.

    Raises:
        UserError: anything but three whole numbers of 1 or more.
    """
    if len(crop_size) != 3 or any(int(n) != n or n < 1 for n in crop_size):
        raise UserError(f"{name}: {crop_size!r}, expected three voxel counts (x, y, z)")
    x, y, z = (int(n) for n in crop_size)
    return x, y, z


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise UserError(message)
