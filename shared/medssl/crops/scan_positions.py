"""Positions in a scan that MONAI has loaded, from a table or given with the scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from monai.data import MetaTensor
from numpy.typing import NDArray

from ..errors import UserError
from ..sources.raw_scans import SERIES, name_of
from ..store.marks import read_marks
from .candidate_crops import check_inside
from .object_crops import place_crop

_RAS_FROM_LPS = np.array([-1.0, -1.0, 1.0])
Floats = NDArray[np.float64]


def series_of(image: MetaTensor) -> tuple[str, ...]:
    """What a table may call a scan: the UID of a DICOM series, the file's name without suffix.

    LUNA16 names files by their series UID; the folder of a series counts as its file.
    """
    uid = str(image.meta.get(SERIES, ""))
    name = name_of(str(image.meta.get("filename_or_obj", "scan")).removesuffix(f"#{uid}"))
    return (uid, name) if uid else (name,)


class Positions:
    """Positions of the scans that a table names.

    Args:
        table: CSV file, see :func:`~medssl.store.marks.read_marks`, whose ``seriesuid`` is the
            DICOM series UID or the scan's file name without suffix; None if every scan brings its
            own positions.
        key: name of the configuration key, for messages.
    """

    def __init__(self, table: str | Path | None, key: str) -> None:
        self.marks = None if table is None else read_marks(Path(table))
        self.table, self.key = table, key

    def of(self, image: MetaTensor, given: Any = None) -> tuple[str, Floats, Floats]:
        """Name of a scan and positions in it, as LPS mm and as fractional voxels, ``(N, 3)`` each.

        Args:
            image: ``(1, X, Y, Z)`` in RAS order with its affine and file name.
            given: LPS mm that came with the scan, instead of the table's.

        Raises:
            UserError: no position in this scan, or one outside of it.
        """
        name, *others = series_of(image)
        if given is None and self.marks is not None:
            known = set(self.marks.series)
            name = next((called for called in (name, *others) if called in known), name)
            given = self.marks.of([name]).world_mm
        world = np.asarray([] if given is None else given, dtype=np.float64).reshape(-1, 3)
        if not len(world):
            raise UserError(
                f"{self.key}: none of {name} in {self.table}; its column seriesuid must hold the "
                "series UID or the scan's file name without suffix"
            )
        affine = np.asarray(image.affine, dtype=np.float64)
        inverse = np.linalg.inv(affine)
        voxels = (world * _RAS_FROM_LPS) @ inverse[:3, :3].T + inverse[:3, 3]
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        check_inside(voxels, image.shape[1:], spacing, world, f"{self.key}: {name}")
        return name, world, voxels


def box_around(
    center: Floats, size: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The part of a scan inside a box around one voxel, and where it lies in the box.

    The box is moved inside where it fits; where the scan is smaller, it lies in the box's middle.
    """
    start = place_crop(center, size, shape)
    low = np.maximum(start, 0)
    high = np.minimum(start + np.asarray(size), shape)
    inside = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    lower, upper = (low - start).tolist(), (high - start).tolist()
    return inside, tuple(slice(a, b) for a, b in zip(lower, upper, strict=True))
