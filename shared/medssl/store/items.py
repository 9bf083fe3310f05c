"""Are the entries of a data list what a preparation writes?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .contract import MOST_VOXELS, VOXEL_MM

_NEEDED = ("id", "image", "patient")
_TEXTS = (
    *(*_NEEDED, "label", "patient_from", "scan_sha256"),
    *("voxels_sha256", "label_voxels_sha256"),
)
# By key: how many numbers along each axis, of which kind, and between what they lie.
_NUMBERS: dict[str, tuple[tuple[int, ...], str, tuple[float, float]]] = {
    "shape": ((3,), "iu", (1, MOST_VOXELS)),
    "spacing_mm": ((3,), "iuf", VOXEL_MM),
    "native_spacing_mm": ((3,), "iuf", VOXEL_MM),
    "affine": ((4, 4), "iuf", (-1e9, 1e9)),
}


def check_items(items: Sequence[Any], path: Path) -> None:
    """Refuse entries that no preparation writes, and scans that are there twice.

    All are looked at together, which for 100,000 takes half a second, and only where there is a
    fault each by itself.

    Args:
        items: of one split.
        path: the data list, for the message.

    Raises:
        UserError: which entry, and what is wrong with it.
    """
    if not isinstance(items, list):
        raise _damaged(path, "expected lists of scans")
    if _fault(items):
        number, item = next((n, item) for n, item in enumerate(items) if _fault([item]))
        raise _damaged(path, f"entry {number} of its split: {_fault([item])}")
    names = [item["id"] for item in items]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _damaged(path, f"{twice} is there twice")


def _damaged(path: Path, fault: str) -> UserError:
    return UserError(f"{path}: damaged ({fault}); run `medssl prepare` again")


def _fault(items: Sequence[Any]) -> str:
    """What is wrong with one of these entries; nothing where all are right."""
    if not all(isinstance(item, dict) for item in items):
        return "no object"
    for key in _NEEDED:
        if not all(key in item for item in items):
            return f"no {key}"
    for key in _TEXTS:
        if not all(isinstance(item.get(key, ""), str) for item in items):
            return f"{key}: expected text"
    for key in _NUMBERS:
        if not _numbers([item[key] for item in items if key in item], *_NUMBERS[key]):
            return (
                f"{key}: expected {' x '.join(map(str, _NUMBERS[key][0]))} numbers that a scan has"
            )
    return _fault_of_labels(items)


def _fault_of_labels(items: Sequence[dict[str, Any]]) -> str:
    if not all(isinstance(item.get("facts", {}), dict) for item in items):
        return "facts: expected an object"
    try:
        values = [value for item in items for value in item.get("label_values", ())]
        centers = [each["center"] for item in items for each in item.get("objects", ())]
        labels = [each["label"] for item in items for each in item.get("objects", ())]
    except (TypeError, KeyError, IndexError) as error:
        return f"objects or label_values: {error!r}"
    whole = _numbers([*values, *labels], (), "iu", (1, 2**16))
    return (
        "" if whole and _numbers(centers, (3,), "iuf", (-1e9, 1e9)) else "objects or label_values"
    )


def _numbers(
    lists: Sequence[Any], shape: tuple[int, ...], kinds: str, limits: tuple[float, float]
) -> bool:
    """Whether each is an array of numbers of that shape and kind, between the limits."""
    if not lists:
        return True
    try:
        values = np.array(lists)
    except ValueError:  # of different lengths
        return False
    if values.dtype.kind not in kinds or values.shape != (len(lists), *shape):
        return False
    return bool((values >= limits[0]).all() and (values <= limits[1]).all())
