"""Which of several positions in a scan a crop is taken from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..store.contract import HU, SCAN
from ..store.occupancy import OCCUPANCY, Occupancy, pack_occupancy, tissue_and_matter
from ..store.open_volumes import open_volume
from ..store.volume_file import StoredVolume
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
from .pair_boxes import Size, Starts, fitting

_CACHED_SUMMARIES, _CACHED_SHARES = 128, 4096
_LOOKED_AT = 32


class CropChooser:
    """Finds the rule for the scans at hand and crops that pass it.

    Args:
        data: items with the path ``image`` of a prepared volume.
        sizes: of the crops, voxels.
        crop_rule: ``lung``, ``body``, ``any`` or ``auto``, see :class:`~.random_crops.CropDataset`.
        tissue_limit: largest tissue score; None takes the rule's.
        matter_limit: least share of voxels above -900 HU, or in the foreground of scans that are
            not in HU; None takes the rule's.

    Raises:
        UserError: no such rule, limits that are no shares, or a rule by HU for scans without.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        sizes: Sequence[Size],
        crop_rule: str = AUTO,
        tissue_limit: float | None = None,
        matter_limit: float | None = None,
    ) -> None:
        check_rule(crop_rule, tissue_limit, matter_limit)
        self.data, self.sizes, self.crop_rule = data, sizes, crop_rule
        self.limits = tissue_limit, matter_limit
        self._hounsfield = all(item.get(SCAN, {}).get("intensity", HU) == HU for item in data)
        if not self._hounsfield and (crop_rule == "lung" or tissue_limit is not None):
            key = "crop_rule" if crop_rule == "lung" else "tissue_limit"
            raise UserError(f"{key}: tissue is known by its HU, these scans have none; use body")

    @cached_property
    def rule(self) -> str:
        """The name of the rule for all scans; ``auto`` looks at 32 of them at most.

        Lungs are known by their HU, so ``auto`` is ``body`` for scans that have none.
        """
        if self.crop_rule != AUTO:
            return self.crop_rule
        if not self._hounsfield:
            return "body"
        shares = [self._accepted(volume, self._named("lung")) for volume in self.looked_at()]
        return "lung" if np.median(shares) >= LUNGS else "body"

    def looked_at(self) -> list[StoredVolume]:
        """Up to 32 scans, spread over all."""
        items = self.data[:: math.ceil(len(self.data) / _LOOKED_AT)]
        return [open_volume(str(item["image"])) for item in items]

    def rule_of(self, volume: StoredVolume) -> CropRule:
        """The rule for crops of this scan, limits replaced where asked."""
        rule = self._named(self.rule)
        if self.rule == "lung" and self._accepted(volume, rule) < LEAST_ACCEPTED:
            return self._named("body")
        return rule

    def acceptance_of(self, volume: StoredVolume) -> float:
        """Share of this scan's positions that pass its rule, estimated."""
        return self._accepted(volume, self.rule_of(volume))

    def choose(
        self, volume: StoredVolume, starts: Starts, size: Size
    ) -> tuple[Starts, NDArray[np.int16]]:
        """The first crop that passes, else the one that misses the limits least.

        Args:
            volume: scan to cut from.
            starts: positions to try, in this order; ``(N, 3)`` voxels.
            size: of the crop, voxels.

        Returns:
            Where it begins, and its int16 HU.
        """
        rule = self.rule_of(volume)
        if rule.allows_all:
            return starts[0], volume.read(starts[0].tolist(), size)
        occupancy = summary(str(volume.path))
        tissue, matter = occupancy.bounds(starts, np.asarray(size))
        possible = (tissue[0] <= rule.tissue_limit) & (matter[1] >= rule.matter_limit)
        for start in starts[possible]:
            window = _window(volume, start, size)
            if rule.passes(*tissue_and_matter(window, size[2], occupancy.dark)):
                return start, window[..., : size[2]]
        start = starts[rule.miss(tissue, matter).argmin()]
        return start, volume.read(start.tolist(), size)

    def choose_start(self, volume: StoredVolume, starts: Starts, size: Size) -> Starts:
        """Where :meth:`choose` would begin; nothing is read where any place will do."""
        if self.rule_of(volume).allows_all:
            return starts[0]
        return self.choose(volume, starts, size)[0]

    def _named(self, name: str) -> CropRule:
        return with_limits(RULES[name], *self.limits)

    def _accepted(self, volume: StoredVolume, rule: CropRule) -> float:
        sizes = fitting(self.sizes, volume.shape)
        return _acceptance(str(volume.path), rule, min(sizes, key=math.prod)) if sizes else 0.0


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


@lru_cache(maxsize=_CACHED_SUMMARIES)
def summary(path: str) -> Occupancy:
    """The occupancy of a prepared volume, kept by this process."""
    volume = open_volume(path)
    packed = volume.attributes.get(OCCUPANCY) or pack_occupancy(volume.read_all())
    return Occupancy(packed, volume.shape)
