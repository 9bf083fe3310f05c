"""What a prepared folder holds, as far as a training's settings follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...classes import Groups, read_classes
from ...store import class_names, classes_here, load_datalist
from ...store.contract import ScanContract
from ...store.joined import channels_of
from ...store.open_volumes import open_item

_LOOKED_AT = 20  # scans whose voxels are read
_VOXELS = 20_000  # of the classes of each; nnU-Net looks at some of its foreground, too


@dataclass(frozen=True)
class Facts:
    """Training scans with labels.

    Attributes:
        folder: the prepared data set.
        contract: how its scans are to be understood.
        groups: label values of each class.
        names: of the classes.
        shapes: ``(N, 3)`` voxels of each scan.
        native_mm: ``(N, 3)`` voxel size of each before it was prepared.
        shown: in how many scans each class is.
        volumes_ml: of each class where it is shown, the median of some scans.
        foreground: some stored values of the first channel inside the classes.
        fold: whose training scans they are; None: those of the one split.
    """

    folder: Path
    contract: ScanContract
    groups: Groups
    names: tuple[str, ...]
    shapes: NDArray[np.int64]
    native_mm: NDArray[np.float64]
    shown: tuple[int, ...]
    volumes_ml: tuple[float, ...]
    foreground: NDArray[np.int16]
    fold: int | None = None

    @property
    def scans(self) -> int:
        """How many there are."""
        return len(self.shapes)


def look(folder: str | Path, fold: int | None = None) -> Facts:
    """Read the data list, and the voxels of some scans.

    Args:
        folder: prepared data set with label maps.
        fold: number of the fold that will be trained; None: the one split.

    Raises:
        UserError: it is none, has no such fold, or no labelled scan in training.
    """
    items = load_datalist(folder, "training", labelled=True, fold=fold)
    groups = read_classes(classes_here(folder)).groups
    some = np.unique(np.linspace(0, len(items) - 1, min(len(items), _LOOKED_AT)).astype(int))
    volumes, values = zip(*(_inside(items[index], groups) for index in some), strict=True)
    held = [set(item["label_values"]) for item in items]
    return Facts(
        Path(folder),
        ScanContract.from_dict(items[0]["scan"], folder),
        groups,
        tuple(class_names(folder, groups)),
        np.array([item["shape"] for item in items]),
        np.array([item["native_spacing_mm"] for item in items]),
        tuple(sum(bool(values.intersection(group)) for values in held) for group in groups),
        tuple(_median(each) for each in np.array(volumes).T),
        np.concatenate(values),
        fold,
    )


def _median(volumes: NDArray[np.float64]) -> float:
    """Of those that are not empty; 0 where all are."""
    return float(np.median(volumes[volumes > 0])) if volumes.any() else 0.0


def _inside(item: Mapping[str, Any], groups: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Millilitres of each class in a scan, and some values of its first channel inside them."""
    label, voxel_ml = open_item(item, "label"), np.prod(item["spacing_mm"]) / 1000
    drawn = label.read_all()
    counts = np.bincount(drawn.reshape(-1))
    volumes = [sum(counts[v] for v in group if v < len(counts)) * voxel_ml for group in groups]
    values = channels_of(item)[0].read_all()[np.isin(drawn, np.concatenate(groups))]
    return volumes, values[:: max(1, len(values) // _VOXELS)]
