"""Label maps as a task sees them: values grouped into classes, and where each class lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classes import Groups
from ..errors import UserError
from ..ranks import is_main
from ..store.open_volumes import open_volume

_LOCATIONS = 10_000
_CACHED = 512


UNSHOWN = ("refuse", "keep", "background")


def classes_left(
    classes: Groups, data: Sequence[Mapping[str, Any]], unshown: str = "refuse"
) -> tuple[int, ...]:
    """Indices of the classes that a training leaves as the weights know them.

    Args:
        classes: label values of each class.
        data: items of a prepared folder.
        unshown: what becomes of a class that no item shows, where another is shown: ``refuse``,
            ``keep`` it, or learn that it is ``background``.

    Raises:
        UserError: a class that is not shown, or none that is.
    """
    if unshown not in UNSHOWN:
        raise UserError(f"unshown_classes: {unshown!r}, expected one of {', '.join(UNSHOWN)}")
    held = {int(value) for item in data for value in item["label_values"]}
    absent = [number for number, group in enumerate(classes) if not held.intersection(group)]
    if not absent:
        return ()
    first = list(classes[absent[0]])
    none = len(absent) == len(classes)
    if unshown == "refuse" or none:
        others = "" if none else ", or go on without: --unshown_classes keep, or background"
        raise UserError(
            f"classes: no scan of {len(data)} holds label {first}, they hold {sorted(held)}; "
            "correct classes (in volume_segmentation by name: --classes#names \"['liver']\") or "
            f"add scans that show it{others}"
        )
    told = ", ".join(str(list(classes[number])) for number in absent)
    does = "stays as the weights know it" if unshown == "keep" else "is learnt as background"
    if is_main():
        print(f"classes: no scan of {len(data)} holds label {told}, which {does}", flush=True)
    return tuple(absent) if unshown == "keep" else ()


def to_classes(label: NDArray[Any], classes: Groups) -> NDArray[np.uint8]:
    """Replace label values by class numbers, 0 being everything else; ``(X, Y, Z)``.

    A class may have values that the map's type cannot hold: each scan is stored in the smallest.
    """
    largest = max((max(values) for values in classes if values), default=0)
    table = np.zeros(max(np.iinfo(label.dtype).max, largest) + 1, dtype=np.uint8)
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
