"""Label maps as a task sees them: values grouped into classes, and where each class lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..store.open_volumes import open_volume

Classes = tuple[tuple[int, ...], ...]
_LOCATIONS = 10_000
_CACHED = 512


def check_classes(classes: Sequence[Sequence[int]]) -> Classes:
    """Return the label values of each class, from 1 on.

    Raises:
        UserError: a class without values, a value in two classes, or a value that is background.
    """
    groups = tuple(tuple(int(value) for value in group) for group in classes)
    values = [value for group in groups for value in group]
    if not groups or not all(groups) or len(set(values)) != len(values) or min(values) < 1:
        raise UserError(
            f"classes: {classes!r}, expected for each class a list of label values above 0, each "
            "value once, such as [[1], [2]] or, as one class, [[1, 2]]"
        )
    return groups


def check_shown(classes: Classes, data: Sequence[Mapping[str, Any]]) -> None:
    """Raise ``UserError`` if a class is shown by none of the items of a prepared folder."""
    held = {int(value) for item in data for value in item["label_values"]}
    absent = [group for group in classes if not held.intersection(group)]
    if absent:
        raise UserError(
            f"classes: no scan of {len(data)} holds label {list(absent[0])}, "
            f"they hold {sorted(held)}; correct classes or add scans that show it"
        )


def to_classes(label: NDArray[Any], classes: Classes) -> NDArray[np.uint8]:
    """Replace label values by class numbers, 0 being everything else; ``(X, Y, Z)``."""
    table = np.zeros(np.iinfo(label.dtype).max + 1, dtype=np.uint8)
    for number, values in enumerate(classes, start=1):
        table[list(values)] = number
    return np.asarray(table[label])


@lru_cache(maxsize=_CACHED)
def class_locations(path: str, values: tuple[int, ...]) -> NDArray[np.int64]:
    """Voxels ``(n, 3)`` of a stored label map that have one of ``values``, 10,000 at most.

    Where there are more, they are thinned out evenly, always alike.
    """
    found = np.flatnonzero(np.isin(open_volume(path).read_all(), values))
    if len(found) > _LOCATIONS:
        found = found[np.linspace(0, len(found) - 1, _LOCATIONS).astype(np.int64)]
    return np.stack(np.unravel_index(found, open_volume(path).shape), axis=1)
