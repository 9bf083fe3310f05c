"""The body's shell: skin, fat and muscle, and the table that it lies on."""

from __future__ import annotations

import numpy as np

from .fields import Array, Points, blend
from .thorax import Thorax

AIR_HU = -1000.0
_FAT_HU = -102.0


def paint_shell(
    hu: Array,
    points: Points,
    rib_cage: Array,
    thorax: Thorax,
    texture: Array,
    streaks: Array,
    voxel: float,
) -> Array:
    """Paint table, skin, fat and muscle in place.

    Args:
        hu: ``(x, y, z)`` float32 HU, air everywhere.
        points: reference coordinates in mm.
        rib_cage: distance (mm) to the surface through the middle of the ribs.
        thorax: the patient's surfaces.
        texture: noise of standard deviation 1.
        streaks: slow noise, bends the layers of the muscles.
        voxel: voxel size in mm for the partial volume.

    Returns:
        The distance (mm) to the skin.
    """
    wall = thorax.muscle_wall(points)
    skin = thorax.skin(points, wall)
    if thorax.anatomy.table:
        _paint_table(hu, points, thorax, voxel)
    blend(hu, skin, 20.0, voxel)
    blend(hu, skin + 1.8, _FAT_HU + 8.0 * texture, voxel)
    muscle = _muscle(rib_cage, streaks, thorax.anatomy.muscle_hu + 7.0 * texture)
    blend(hu, np.maximum(wall, skin + 2.5), muscle, voxel)
    return skin


def _muscle(depth: Array, streaks: Array, muscle: Array) -> Array:
    """Return HU of muscle in layers with fat between them, most of it in the armpits."""
    layers = np.abs(np.sin(depth / 9.0 + 1.2 * streaks)) - 0.012 * np.maximum(depth, 0.0)
    return muscle + np.clip(1.2 - 4.0 * layers, 0.0, 1.0) * (_FAT_HU - muscle)


def _paint_table(hu: Array, points: Points, thorax: Thorax, voxel: float) -> None:
    """Paint the scanner's table, two thin curved shells under the back."""
    x, y, _ = points
    below = y + 134.0 + 0.6 * thorax.anatomy.fat_mm - 0.0008 * x * x
    for depth, shell_hu in ((0.0, -250.0), (24.0, -450.0)):
        blend(hu, np.abs(below + depth) - 1.2, shell_hu, voxel)
