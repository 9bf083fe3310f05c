"""Crops around the labelled objects (nodules, tumours) of a data list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from ..errors import UserError
from ..random import fold
from ..sources.raw_pairs import ensure_prepared
from ..store.contract import HU
from ..store.joined import channels_of
from ..store.open_volumes import open_item
from .keys import Key, padded_crop_size, split_key


class ObjectCropDataset(Dataset[dict[str, Any]]):
    """One crop for each labelled object, centred on it as far as the scan reaches.

    Args:
        data: items with ``image``, ``label`` and ``objects`` of a prepared folder, or raw pairs
            ``{"image": "x.nii.gz", "label": "y.nii.gz"}``, which are prepared once into
            ``cache_dir``; kept as ``.data``.
        crop_size: voxels x, y, z.
        seed: run seed.
        center_jitter: largest shift of the crop's centre in voxels x, y, z.
        pad_hu: value beyond the scan where it is smaller than the crop; the label there is 0.
        cache_dir: folder for prepared copies of raw pairs.
        spacing: voxel size in mm of those copies, one number or three, or ``native``.
        clip: lowest and highest value that those copies keep; None keeps all.
        intensity: rule for their values, see :mod:`medssl.sources.intensity`.
        channels: names of their channels; None for one without.
        antialias: blur along axes that become coarser in those copies.

    Raises:
        UserError: no object at all, a bad argument, or raw pairs that cannot be prepared.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        crop_size: Sequence[int],
        seed: int = 0,
        center_jitter: Sequence[int] = (0, 0, 0),
        pad_hu: int = -1000,
        cache_dir: str | Path | None = None,
        spacing: float | Sequence[float] | str = 1.0,
        clip: Sequence[float] | None = None,
        intensity: str = HU,
        channels: Sequence[str] | None = None,
        antialias: bool = True,
    ) -> None:
        self.data = ensure_prepared(data, cache_dir, spacing, clip, intensity, channels, antialias)
        self.crop_size = padded_crop_size(crop_size, self.data)
        self.seed, self.pad_hu = seed, pad_hu
        self.center_jitter = np.asarray(center_jitter, dtype=np.int64)
        if self.center_jitter.shape != (3,) or self.center_jitter.min() < 0:
            raise UserError(f"center_jitter: {center_jitter!r}, expected three voxel counts")
        self._objects = [
            (scan, number)
            for scan, item in enumerate(self.data)
            for number in range(len(item.get("objects", ())))
        ]
        if not self._objects:
            raise UserError(
                f"data: no labelled object in {len(self.data)} scan(s); give label maps with "
                "`medssl prepare images --labels` and load the list with labelled=True"
            )

    def __len__(self) -> int:
        return len(self._objects)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """Return the crop around one object.

        Args:
            key: ``(epoch, index)``, or an index of epoch 0.

        Returns:
            ``image`` int16 ``(C, X, Y, Z)``, ``label`` uint8 0 or 1 ``(1, X, Y, Z)``, ``seed`` of
            the sample, ``case`` (id of the scan), ``object`` (its number there) and ``start``
            (``(3,)`` int64, first voxel of the crop, negative where it is padded).
        """
        epoch, index = split_key(key, len(self))
        scan, number = self._objects[index]
        item, seed = self.data[scan], fold(self.seed, epoch, index)
        label = open_item(item, "label")
        shift = np.random.default_rng(fold(seed, "jitter")).integers(
            -self.center_jitter, self.center_jitter + 1
        )
        center = np.asarray(item["objects"][number]["center"]) + shift
        start = place_crop(center, self.crop_size, label.shape)
        mask = (read_padded(label, start, self.crop_size, 0) > 0).astype(np.uint8)
        return {
            "image": torch.from_numpy(read_crop(item, start, self.crop_size, self.pad_hu)),
            "label": torch.from_numpy(mask[None]),
            "seed": seed,
            "case": str(item["id"]),
            "object": number,
            "start": torch.from_numpy(start),
        }


def read_crop(
    item: Mapping[str, Any], start: NDArray[np.int64], size: Sequence[int], fill: int
) -> NDArray[np.int16]:
    """A crop of all channels of an item, ``(C, X, Y, Z)``; see :func:`read_padded`."""
    return np.stack([read_padded(volume, start, size, fill) for volume in channels_of(item)])


def place_crop(
    center: NDArray[Any], size: Sequence[int], shape: Sequence[int]
) -> NDArray[np.int64]:
    """First voxel of the crop: ``center`` in its middle, moved into the scan where it fits in.

    Where the scan is smaller than the crop, the scan lies in the crop's middle and the start is
    zero or negative.
    """
    room = np.subtract(shape, size)
    wanted = np.floor(np.asarray(center) + 0.5).astype(np.int64) - np.floor_divide(size, 2)
    return np.where(room < 0, -(-room // 2), np.clip(wanted, 0, np.maximum(room, 0)))


class Readable(Protocol):
    """What crops are read from: a stored volume, or a scan in memory."""

    @property
    def shape(self) -> tuple[int, int, int]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def read(self, start: Sequence[int], size: Sequence[int]) -> NDArray[Any]: ...


def read_padded(
    volume: Readable, start: NDArray[np.int64], size: Sequence[int], fill: int
) -> NDArray[Any]:
    """Read a crop that may reach beyond the scan; ``fill`` is what lies there."""
    low = np.maximum(start, 0)
    high = np.minimum(start + np.asarray(size), volume.shape)
    inside = volume.read(low.tolist(), (high - low).tolist())
    if inside.shape == tuple(size):
        return inside
    crop = np.full(tuple(size), fill, dtype=volume.dtype)
    crop[tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))] = inside
    return crop
