"""Volumes that a process keeps open from one read to the next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .volume_file import LISTED, StoredVolume, told

_OPEN_VOLUMES = 128


@lru_cache(maxsize=_OPEN_VOLUMES)
def open_volume(path: str) -> StoredVolume:
    """A volume that this process keeps open for the next read."""
    return StoredVolume(path)


def open_item(item: Mapping[str, Any], name: str = "image") -> StoredVolume:
    """The volume of a data list's item, kept open, if it is the one that the list describes.

    Args:
        item: with the path under ``name`` and, of a prepared folder, the SHA-256 of its voxels.
        name: ``image`` or ``label``.

    Raises:
        UserError: another preparation has written the file since.
    """
    key = "voxels_sha256" if name == "image" else "label_voxels_sha256"
    return _as_listed(str(item[name]), str(item.get(key, "")))


@lru_cache(maxsize=_OPEN_VOLUMES)
def _as_listed(path: str, sha256: str) -> StoredVolume:
    volume = open_volume(path)
    stored = volume.attributes.get(LISTED)
    if sha256 and stored and stored != sha256:
        raise told(
            volume.path,
            "not the volume that its data list describes; a later preparation of this folder wrote "
            "it: run `medssl prepare` again, to its end, then start again",
        )
    return volume


def grid_of(item: Mapping[str, Any]) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Voxels and affine ``(4, 4)`` to RAS mm of an item's volume, as the data list has them.

    The volume is opened only where the list of an earlier version does not say.
    """
    if "affine" in item:
        return tuple(item["shape"]), np.asarray(item["affine"], dtype=np.float64)
    volume = StoredVolume(str(item["image"]))
    return volume.shape, volume.affine
