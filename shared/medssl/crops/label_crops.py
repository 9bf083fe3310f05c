"""Crops of scans with organ labels, and whole scans to validate on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from ..classes import read_classes
from ..errors import UserError
from ..random import fold
from ..sources.raw_pairs import ensure_prepared
from ..store.contract import HU
from ..store.joined import read_all
from ..store.open_volumes import open_item
from .keys import Key, padded_crop_size, split_key
from .label_maps import class_locations, classes_left, to_classes
from .object_crops import place_crop, read_crop, read_padded


class LabelledScans(Dataset[dict[str, Any]]):
    """Whole labelled scans, for validation by a sliding window.

    Args:
        data: items with ``image`` and ``label`` of a prepared folder, or raw pairs, which are
            prepared once into ``cache_dir``; kept as ``.data``.
        classes: label values of each class, see :mod:`medssl.classes`.
        cache_dir: folder for prepared copies of raw pairs.
        spacing: voxel size in mm of those copies, one number or three, or ``native``.
        clip: lowest and highest value that those copies keep; None keeps all.
        intensity: rule for their values, see :mod:`medssl.sources.intensity`.
        channels: names of their channels; None for one without.
        antialias: blur along axes that become coarser in those copies.

    Raises:
        UserError: no scan, unusable classes, or raw pairs that cannot be prepared.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        classes: Sequence[Sequence[int]] = ((1,),),
        cache_dir: str | Path | None = None,
        spacing: float | Sequence[float] | str = 1.0,
        clip: Sequence[float] | None = None,
        intensity: str = HU,
        channels: Sequence[str] | None = None,
        antialias: bool = True,
    ) -> None:
        self.data = ensure_prepared(data, cache_dir, spacing, clip, intensity, channels, antialias)
        if not self.data:
            raise UserError("data: no labelled scan; give at least one")
        self.classes = read_classes(classes)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return ``image`` int16 ``(C, X, Y, Z)``, ``label`` uint8 ``(1, X, Y, Z)``.

        A label's numbers are those of the classes from 1 on, of regions those of their parts.

        Also ``case`` and ``spacing_mm`` ``(3,)`` float64, for distances.
        """
        item = self.data[index]
        label = open_item(item, "label")
        return {
            "image": torch.from_numpy(read_all(item)),
            "label": torch.from_numpy(to_classes(label.read_all(), self.classes.parts)[None]),
            "case": str(item["id"]),
            "spacing_mm": torch.tensor(label.spacing_mm, dtype=torch.float64),
        }


class LabelCropDataset(LabelledScans):
    """Crops around voxels of chosen classes, or anywhere.

    With probability ``class_rates[k]`` a crop is centred on a random voxel of class ``k + 1``, as
    far as the scan reaches and the scan shows that class; else its place is uniform. One rate for
    all is that of the classes together: each of those that a scan shows is as likely.

    Args:
        data, classes, cache_dir, spacing, clip, intensity, channels, antialias: see
            :class:`LabelledScans`.
        crop_size: voxels x, y, z; smaller scans are padded.
        class_rates: one probability for each class, together at most 1, or one for all.
        crops_per_scan: samples of each scan in an epoch.
        seed: run seed; every decision follows from it, the epoch and the index.
        unshown: what becomes of classes that no scan shows, see
            :func:`~.label_maps.classes_left`.
        pad_hu: value beyond the scan where it is smaller than the crop; the label there is 0.

    Attributes:
        left: indices of the classes that the loss is to leave alone.

    Raises:
        UserError: a class that no scan shows, a bad argument, and what :class:`LabelledScans`
            raises.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        crop_size: Sequence[int],
        classes: Sequence[Sequence[int]] = ((1,),),
        class_rates: float | Sequence[float] = 0.5,
        crops_per_scan: int = 1,
        seed: int = 0,
        pad_hu: int = -1000,
        cache_dir: str | Path | None = None,
        spacing: float | Sequence[float] | str = 1.0,
        clip: Sequence[float] | None = None,
        intensity: str = HU,
        channels: Sequence[str] | None = None,
        antialias: bool = True,
        unshown: str = "refuse",
    ) -> None:
        super().__init__(data, classes, cache_dir, spacing, clip, intensity, channels, antialias)
        self.left = classes_left(self.classes.groups, self.data, unshown)
        self.crop_size = padded_crop_size(crop_size, self.data)
        self.rates = _check_rates(class_rates, len(self.classes.groups))
        if crops_per_scan < 1:
            raise UserError(f"crops_per_scan: {crops_per_scan}, expected 1 or more")
        self.crops_per_scan, self.seed, self.pad_hu = crops_per_scan, seed, pad_hu

    def __len__(self) -> int:
        return len(self.data) * self.crops_per_scan

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """Return one crop.

        Args:
            key: ``(epoch, index)``, or an index of epoch 0.

        Returns:
            ``image`` int16 ``(C, X, Y, Z)``, ``label`` uint8 ``(1, X, Y, Z)`` (see
            :class:`LabelledScans`), ``seed`` of the sample and ``case`` (id of the scan).
        """
        epoch, index = split_key(key, len(self))
        item, seed = self.data[index // self.crops_per_scan], fold(self.seed, epoch, index)
        label = open_item(item, "label")
        rng = np.random.default_rng(fold(seed, "crop"))
        start = self._start(item, str(label.path), label.shape, rng)
        values = read_padded(label, start, self.crop_size, 0)
        return {
            "image": torch.from_numpy(read_crop(item, start, self.crop_size, self.pad_hu)),
            "label": torch.from_numpy(to_classes(values, self.classes.parts)[None]),
            "seed": seed,
            "case": str(item["id"]),
        }

    def _start(
        self,
        item: Mapping[str, Any],
        label: str,
        shape: Sequence[int],
        rng: np.random.Generator,
    ) -> NDArray[np.int64]:
        shown = set(item["label_values"])
        there = [bool(shown.intersection(group)) for group in self.classes.groups]
        number = int(np.searchsorted(rates_of(self.rates, there), rng.random(), side="right"))
        if number < len(there) and there[number]:
            voxels = class_locations(label, self.classes.groups[number])
            return place_crop(voxels[rng.integers(len(voxels))], self.crop_size, shape)
        room = np.maximum(np.subtract(shape, self.crop_size), 0)
        return place_crop(
            rng.integers(0, room + 1) + np.floor_divide(self.crop_size, 2), self.crop_size, shape
        )


def rates_of(rates: NDArray[np.float64], there: Sequence[bool]) -> NDArray[np.float64]:
    """Cumulative probabilities of each class in a scan.

    Args:
        rates: one for each class, or one for all.
        there: whether the scan shows each class.
    """
    if rates.ndim:
        return rates.cumsum()
    return (rates * np.asarray(there) / max(sum(there), 1)).cumsum()


def _check_rates(class_rates: float | Sequence[float], classes: int) -> NDArray[np.float64]:
    rates = np.asarray(class_rates, dtype=np.float64)
    if rates.shape not in ((), (classes,)) or rates.min() < 0 or rates.sum() > 1 + 1e-9:
        raise UserError(
            f"class_rates: {class_rates!r}, expected {classes} probabilities, one for each of "
            "classes, that add up to 1 at most, or one number for all"
        )
    return rates
