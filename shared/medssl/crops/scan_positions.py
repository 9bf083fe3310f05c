"""Positions in a scan that MONAI has loaded, from a table or given with the scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from monai.data import MetaTensor
from numpy.typing import NDArray

from ..errors import UserError
from ..sources.scan_names import NAME, called
from ..store.marks import LUNA16, Columns, read_marks
from .candidate_crops import check_inside, voxels_of
from .object_crops import place_crop

Floats = NDArray[np.float64]


class Positions:
    """Positions of the scans that a table names.

    Args:
        table: CSV file, see :func:`~medssl.store.marks.read_marks`, whose ``seriesuid`` is the
            DICOM series UID, the scan's path below the folder searched, or its file name, see
            :func:`~medssl.sources.scan_names.table_names`; None if every scan brings its own.
        key: name of the configuration key, for messages.
        columns: what the table's columns are called.
    """

    def __init__(self, table: str | Path | None, key: str, columns: Columns = LUNA16) -> None:
        self.marks = None if table is None else read_marks(Path(table), columns=columns)
        self.table, self.key, self.column = table, key, columns.series[0]

    def of(self, image: MetaTensor, given: Any = None) -> tuple[str, Floats, Floats]:
        """Name of a scan and positions in it, as LPS mm and as fractional voxels, ``(N, 3)`` each.

        The name is the table's, or that of the scan's results where it brings its positions.

        Args:
            image: ``(1, X, Y, Z)`` in RAS order with its affine and file name.
            given: LPS mm that came with the scan, instead of the table's.

        Raises:
            UserError: no position in this scan, one outside of it, or a name that means another
                scan as well.
        """
        name = str(image.meta.get(NAME, "scan"))
        if given is None and self.marks is not None:
            name = self._name_in_table(image) or name
            given = self.marks.of([name]).world_mm
        world = np.asarray([] if given is None else given, dtype=np.float64).reshape(-1, 3)
        if not len(world):
            raise UserError(
                f"{self.key}: none of {name} in {self.table}; its column {self.column} must hold "
                "the series UID, the scan's path below the folder, or its file name"
            )
        affine = np.asarray(image.affine, dtype=np.float64)
        voxels = voxels_of(world, affine)
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        check_inside(voxels, image.shape[1:], spacing, world, f"{self.key}: {name}")
        return name, world, voxels

    def _name_in_table(self, image: MetaTensor) -> str:
        """What the table calls a scan, or nothing."""
        known = set() if self.marks is None else set(self.marks.series)
        own, shared = called(image.meta)
        here = [name for name in own if name in known]
        if doubtful := next((name for name in shared if name in known), ""):
            raise UserError(
                f"{self.key}: {doubtful} in {self.table} is the name of several scans; write "
                f"{own[0]} in its column {self.column} for this one"
            )
        if len(here) > 1:
            raise UserError(
                f"{self.key}: {self.table} calls one scan {' and '.join(here)}; write {here[0]} "
                "in all of its rows"
            )
        return here[0] if here else ""


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
