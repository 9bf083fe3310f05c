"""Ribs, sternum, shoulder blades, collar bones, arms and spine."""

from __future__ import annotations

import numpy as np

from .fields import Array, Points, blend, capsule
from .thorax import Thorax

RIB_PITCH_MM = 25.0
VERTEBRA_MM = 24.0
_CORTEX_HU = 620.0
_CARTILAGE_HU = 95.0
_CARTILAGE_ANGLE = 2.45
_MARGIN_ANGLE = (0.0, 0.9, 1.6, 2.2, 2.6, 3.15)  # rad from the spine
_MARGIN_Z = (-215.0, -235.0, -245.0, -215.0, -165.0, -95.0)


def paint_bone(
    hu: Array, distance: Array, marrow_hu: Array | float, cortex_mm: float, voxel: float
) -> None:
    """Paint a bone in place: a cortex of ``cortex_mm`` around marrow."""
    blend(hu, distance, _CORTEX_HU, voxel)
    blend(hu, distance + cortex_mm, marrow_hu, voxel)


def paint_cage(hu: Array, points: Points, rib_cage: Array, thorax: Thorax, voxel: float) -> None:
    """Paint ribs with their cartilages, sternum and shoulder blades on voxels near the cage."""
    x, y, z = points
    marrow = thorax.anatomy.marrow_hu
    angle = _angle(points)
    _paint_ribs(hu, _ribs(z, angle, rib_cage, thorax), angle, thorax, voxel)

    width = 15.0 + 10.0 / (1.0 + np.exp((60.0 - z) / 6.0))
    plate = np.maximum(np.abs(x) - width, np.abs(rib_cage - 1.0) - 5.5)
    sternum = np.maximum(np.maximum(plate, np.abs(z - 20.0) - 78.0), 20.0 - y)
    paint_bone(hu, sternum, marrow - 40, 1.6, voxel)

    blade = np.abs(rib_cage - 13.0 - 3.0 * np.cos(5 * angle)) - 2.6
    sides = np.maximum(np.abs(angle - 0.95) * 75.0 - 34.0 + 0.18 * (z - 30), np.abs(z - 30) - 60.0)
    paint_bone(hu, np.maximum(blade, sides), marrow, 1.2, voxel)


def paint_lower_ribs(
    hu: Array, points: Points, rib_cage: Array, thorax: Thorax, voxel: float
) -> None:
    """Paint the ribs down to the costal margin in place, on voxels near the cage."""
    angle = _angle(points)
    margin = np.interp(angle, _MARGIN_ANGLE, _MARGIN_Z).astype(np.float32)
    rib = np.maximum(_ribs(points[2], angle, rib_cage, thorax), margin - points[2])
    _paint_ribs(hu, rib, angle, thorax, voxel)


def _paint_ribs(hu: Array, rib: Array, angle: Array, thorax: Thorax, voxel: float) -> None:
    """Paint the ribs in place, given their distance, with cartilage at the front."""
    cartilage = angle > _CARTILAGE_ANGLE
    blend(hu, np.where(cartilage, rib, np.float32(9)), _CARTILAGE_HU, voxel)
    bone = np.where(cartilage, np.float32(9), rib)
    paint_bone(hu, bone, thorax.anatomy.marrow_hu + 60, 1.4, voxel)


def _angle(points: Points) -> Array:
    """Return the angle (rad) about the chest's axis: 0 at the spine, pi at the sternum."""
    x, y, _ = points
    return np.arctan2(np.abs(x), -(y + 12.0))


def _ribs(z: Array, angle: Array, rib_cage: Array, thorax: Thorax) -> Array:
    """Return the distance (mm) to the ribs, which slope down from spine to sternum."""
    drop = z + 88.0 * np.sin(0.5 * angle) - thorax.anatomy.rib_phase_mm
    along = np.mod(drop, RIB_PITCH_MM) - RIB_PITCH_MM / 2
    rib = (np.sqrt((along / 6.5) ** 2 + (rib_cage / 4.2) ** 2) - 1.0) * 4.5
    return np.maximum(rib, drop - 128.0)


def limb_bones() -> list[tuple[Array, Array, float]]:
    """Return start, end (reference mm) and radius (mm) of collar bones and upper arms."""
    bones = []
    for side in (1.0, -1.0):
        mirror = np.array([side, 1.0, 1.0])
        bones += [
            (mirror * (18, 50, 90), mirror * (72, 36, 106), 6.0),
            (mirror * (72, 36, 106), mirror * (135, -8, 124), 5.5),
            (mirror * (142, -24, 104), mirror * (146, -24, 112), 21.0),
            (mirror * (146, -22, 112), mirror * (176, 0, 330), 11.0),
            (mirror * (105, -52, 92), mirror * (138, -22, 122), 6.0),
        ]
    return bones


def paint_limb_bone(
    hu: Array, points: Points, bone: tuple[Array, Array, float], marrow: Array, voxel: float
) -> None:
    """Paint one long bone in place."""
    start, end, radius = bone
    paint_bone(hu, capsule(points, start, end, (radius, radius)), marrow, 0.22 * radius, voxel)


def paint_spine(hu: Array, points: Points, thorax: Thorax, texture: Array, voxel: float) -> None:
    """Paint vertebral bodies, discs, canal, arches and processes in place."""
    x, y, z = points
    dy = y - thorax.spine_y(z)
    level = np.mod(z + 0.1 * dy, VERTEBRA_MM) - VERTEBRA_MM / 2
    waist = 1.0 - 0.09 * np.cos(level * (np.pi / 10.0))
    column = (np.sqrt((x / 17.5) ** 2 + (dy / 15.0) ** 2) - waist) * 15.5
    body = np.maximum(column, np.abs(level) - 9.8)
    marrow = thorax.anatomy.marrow_hu
    blend(hu, column, 75.0, voxel)

    canal = np.hypot(x, dy + 23.0)
    arch = np.maximum(np.abs(canal - 11.0) - 2.8, np.abs(level) - 8.0)
    spike = np.mod(z - 0.9 * (dy + 34.0), VERTEBRA_MM) - VERTEBRA_MM / 2
    spinous = np.maximum(np.maximum(np.abs(x) - 3.2, np.abs(dy + 44.0) - 12.0), np.abs(spike) - 7.0)
    wing = np.maximum(np.hypot(dy + 27.0 + 0.25 * np.abs(x), level) - 5.5, np.abs(x) - 37.0)
    wing = np.maximum(wing, 9.0 - np.abs(x))
    for part in (wing, spinous, arch):
        paint_bone(hu, part, marrow + 90, 1.2, voxel)
    blend(hu, canal - 8.2, 5.0, voxel)
    blend(hu, canal - 5.0, 40.0, voxel)
    blend(hu, body, _CORTEX_HU - 120, voxel)
    blend(hu, body + 1.2, marrow + 25.0 * texture, voxel)
