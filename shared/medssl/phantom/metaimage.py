"""Scans in LUNA16's own file format: MetaImage header and raw voxels, patient axes LPS."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..files import write_atomically
from .fields import Array

_HEADER = """\
ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
CompressedData = False
TransformMatrix = {matrix}
Offset = {offset}
CenterOfRotation = 0 0 0
AnatomicalOrientation = {orientation}
ElementSpacing = {spacing}
DimSize = {size}
ElementType = MET_SHORT
ElementDataFile = {raw}
"""


def stored_order(array: Array, affine: Array, flipped: bool) -> tuple[Array, Array]:
    """Return the array in the order of the file and its affine (RAS mm).

    LUNA16's scans run to the patient's left and back; a few are stored flipped in-plane, which
    their direction cosines say. ``array`` ``(x, y, z)`` runs to the right, front and head.
    """
    if flipped:
        return array, affine
    turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    turn[:2, 3] = np.array(array.shape[:2]) - 1
    return array[::-1, ::-1], affine @ turn


def write_metaimage(path: Path, volume: Array, affine: Array) -> None:
    """Write int16 HU ``(x, y, z)`` as ``path`` (.mhd) and the voxels beside it (.raw)."""
    raw = path.with_suffix(".raw")
    payload = np.asarray(volume, "<i2").tobytes(order="F")
    write_atomically(raw, lambda temporary: temporary.write_bytes(payload))
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    direction = lps[:3, :3] / spacing
    text = _HEADER.format(
        matrix=_numbers(np.round(direction.T.ravel()) + 0.0),
        offset=_numbers(lps[:3, 3]),
        orientation="RAI" if direction[0, 0] > 0 else "LPI",
        spacing=_numbers(spacing),
        size=_numbers(np.array(volume.shape)),
        raw=raw.name,
    )
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="ascii"))


def _numbers(values: Array) -> str:
    return " ".join(f"{value:.10g}" for value in values)
