"""What a training says on stderr of settings that are hardly meant."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..sides import sided_axes
from ..store import class_names
from ..store.contract import HU
from .running import current_values

_NARROW = 1000  # of the 2000 between the ends of a scan's own scale
_SHOWN = 5


def tell_narrow_window(scan: Mapping[str, Any]) -> None:
    """Say that a window made for HU shows little of scans that are not in HU.

    Args:
        scan: what a run keeps of its scans, with ``intensity`` and ``window``.
    """
    window, rule = scan.get("window"), scan.get("intensity", HU)
    if rule != HU and window and window[1] - window[0] < _NARROW:
        print(
            f"medssl: window: {list(window)} shows a small part of these scans, whose values are "
            f"thousandths ({rule}), most from -1000 to 1000; give --window '[-1000,1000]' unless "
            "that is meant",
            file=sys.stderr,
            flush=True,
        )


def tell_mirrored_sides() -> None:
    """Say that a patient is mirrored though classes are called by their sides."""
    found = current_values(("class_names", "classes", "augmentation", "flip_axes"))
    axes = found.get("flip_axes", "") if found.get("augmentation", "none") != "none" else ""
    # Classes of whole scans are called by their names where others have label values.
    names = found.get("class_names") or found.get("classes") or ()
    sided = sided_axes([name for name in names if isinstance(name, str)])
    wrong = [axis for axis in axes if axis in sided]
    if wrong:
        names = ", ".join(dict.fromkeys(name for axis in wrong for name in sided[axis]))
        kept = "".join(axis for axis in axes if axis not in wrong)
        print(
            f"medssl: flip_axes: {axes} mirrors {', '.join(wrong)}, whose sides are classes here "
            f"({names}); give --flip_axes '{kept}' unless that is meant",
            file=sys.stderr,
            flush=True,
        )


def tell_left_values(items: Sequence[Mapping[str, Any]]) -> None:
    """Say which label values of a run's scans are in none of its classes.

    Args:
        items: of its data lists, with ``label_values`` where they have label maps.
    """
    found = current_values(("classes", "dataset_dir"))
    classes = found.get("classes") or ()
    held = {int(value) for item in items for value in item.get("label_values", ())}
    if not held or not all(isinstance(values, list | tuple) for values in classes):
        return
    left = sorted(held - {0, *(int(value) for values in classes for value in values)})
    if classes and left:
        told = ", ".join(_called(value, found.get("dataset_dir", "")) for value in left[:_SHOWN])
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        print(
            f"medssl: classes: {list(map(list, classes))} leave out label {told}{more}, which is "
            "background here; give classes that hold it unless that is meant",
            file=sys.stderr,
            flush=True,
        )


def _called(value: int, dataset_dir: str) -> str:
    (name,) = class_names(dataset_dir, [[value]])
    return str(value) if name == str(value) else f"{value} ({name})"
