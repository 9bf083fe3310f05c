"""Label maps as a task sees them: values grouped into classes, and where each class lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classes import Groups
from ..errors import UserError
from ..store.open_volumes import open_volume

_LOCATIONS = 10_000
_CACHED = 512


def check_shown(classes: Groups, data: Sequence[Mapping[str, Any]]) -> None:
    """Raise ``UserError`` if a class is shown by none of the items of a prepared folder."""
    held = {int(value) for item in data for value in item["label_values"]}
    absent = [group for group in classes if not held.intersection(group)]
    if absent:
        raise UserError(
            f"classes: no scan of {len(data)} holds label {list(absent[0])}, "
            f"they hold {sorted(held)}; correct classes or add scans that show it"
        )


def to_classes(label: NDArray[Any], classes: Groups) -> NDArray[np.uint8]:
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
