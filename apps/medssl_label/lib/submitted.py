"""Submitted labels as a training takes them: by the names of their segments, in two shares."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import itk
import numpy as np

logger = logging.getLogger(__name__)


def as_classes(
    label: Path,
    segments: Sequence[Mapping[str, Any]],
    classes: Mapping[str, int],
    others: set[str],
    folder: Path,
) -> Path:
    """A label map with the values of the model's classes.

    3D Slicer numbers segments by their order in the list, whatever values the model gave them, and
    sends their names along.

    Args:
        label: as submitted.
        segments: ``name`` and ``idx`` (value) of each; none where nobody sent them, and values are
            those of the classes.
        classes: value of each class by its name in small letters, as ``/info/`` tells it.
        others: names of other models' classes, which are background here.
        folder: for a map with other values.

    Returns:
        The file to learn from.

    Raises:
        ValueError: a segment with voxels that is a class of no model, or no label map.
    """
    if not segments:
        return label
    image = itk.imread(str(label))
    values = itk.array_from_image(image)
    names = {int(segment["idx"]): str(segment["name"]).lower() for segment in segments}
    shown = [int(value) for value in np.unique(values) if value]
    called = {value: names.get(value, f"value {value}") for value in shown}
    unknown = [name for name in called.values() if name not in classes and name not in others]
    if unknown or values.ndim != 3:
        what = ", ".join(unknown) or f"of {values.ndim} axes"
        raise ValueError(
            f"{label.name}: segments {what}; expected {', '.join(classes)}: rename or remove "
            "others in the Segment Editor, let no two overlap, and submit again"
        )
    wanted = {value: classes.get(name, 0) for value, name in called.items()}
    if all(value == new for value, new in wanted.items()):
        return label
    renumbered = np.zeros(values.shape, np.uint16)
    for value, new in wanted.items():
        renumbered[values == value] = new
    written = itk.image_from_array(renumbered)
    written.CopyInformation(image)
    target = folder / label.name
    itk.imwrite(written, str(target))
    logger.info("%s: values %s by the names of its segments", label.name, wanted)
    return target


def in_two_shares(items: Sequence[Any], val_split: float) -> tuple[list[Any], list[Any]]:
    """Labelled scans to learn from and to validate on, one of each at least.

    Args:
        items: in their order; the last ones are for validation.
        val_split: share of these.

    Raises:
        ValueError: fewer than two.
    """
    if len(items) < 2:
        raise ValueError(
            f"{len(items)} submitted label(s); expected two at least, one to learn from and one to "
            "choose the weights by: submit another and train again"
        )
    held = min(max(round(len(items) * float(val_split)), 1), len(items) - 1)
    return list(items[:-held]), list(items[-held:])
