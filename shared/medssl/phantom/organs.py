"""What lies in the chest cavity beside the lungs: heart, great vessels, gullet, upper abdomen."""

from __future__ import annotations

import numpy as np

from .anatomy import great_vessels
from .fields import Array, Points, blend, ellipsoid, polyline
from .thorax import Thorax

_FAT_HU = -98.0
_GULLET = np.array(
    [(-3, -40, 190), (-4, -42, 60), (-6, -42, -20), (-14, -34, -80), (-30, -10, -118)]
)


def paint_cavity(hu: Array, points: Points, thorax: Thorax, texture: Array, voxel: float) -> None:
    """Paint the inside of the rib cage in place, the lungs' room included.

    Args:
        hu: ``(n,)`` values of the voxels inside the cage.
        points: their reference coordinates in mm, three arrays ``(n,)``.
        thorax: the patient's surfaces.
        texture: ``(n,)`` noise of standard deviation 1.
        voxel: voxel size in mm for the partial volume.
    """
    hu[:] = _FAT_HU + 9.0 * texture
    _paint_abdomen(hu, points, thorax, texture, voxel)
    _paint_heart(hu, points, thorax, texture, voxel)
    blood = thorax.anatomy.blood_hu
    for path, radius in great_vessels().values():
        near = _near(points, path, radius + 3.0)
        part = hu[near]
        blend(part, polyline(_pick(points, near), path, radius), blood, voxel)
        hu[near] = part
    near = _near(points, _GULLET, 12.0)
    part, distance = hu[near], polyline(_pick(points, near), _GULLET.astype(float), 7.5)
    blend(part, distance, 38.0, voxel)
    blend(part, distance + 5.0, -400.0, voxel)
    hu[near] = part


def _near(points: Points, path: Array, margin: float) -> Array:
    """Return which points lie in the path's bounding box, widened by ``margin`` mm."""
    inside = np.ones(points[0].shape, bool)
    for axis, (low, high) in zip(points, zip(path.min(0), path.max(0), strict=True), strict=True):
        inside &= (axis > low - margin) & (axis < high + margin)
    return np.flatnonzero(inside)


def _pick(points: Points, index: Array) -> Points:
    x, y, z = (axis[index] for axis in points)
    return x, y, z


def _paint_heart(hu: Array, points: Points, thorax: Thorax, texture: Array, voxel: float) -> None:
    """Paint pericardium, fat, muscle and the chambers (seen only with contrast)."""
    anatomy = thorax.anatomy
    index = _near(points, np.array([(-24.0, 20, -48), (18, 20, -42)]), 75.0 * anatomy.heart_size)
    part, inner, noise = hu[index], _pick(points, index), texture[index]
    heart = thorax.heart(inner)
    blend(part, heart - 4.5, 25.0, voxel)
    blend(part, heart - 3.5, _FAT_HU + 9 * noise, voxel)
    wall = heart + 2.0 + 0.8 * noise  # fat reaches into the grooves of the surface
    blend(part, wall, max(48.0, 0.4 * anatomy.blood_hu) + 3 * noise, voxel)
    size = anatomy.heart_size
    left = ellipsoid(inner, (-34, 20, -52), (20 * size, 36 * size, 20 * size), anatomy.heart_turn)
    right = ellipsoid(inner, (-4, 36, -52), (16 * size, 34 * size, 30 * size), anatomy.heart_turn)
    atrium = ellipsoid(inner, (19, 12, -42), (20 * size, 22 * size, 28 * size))
    for chamber in (left, right, atrium):
        blend(part, np.maximum(chamber, heart + 4.0), anatomy.blood_hu, voxel)
    hu[index] = part


def _paint_abdomen(hu: Array, points: Points, thorax: Thorax, texture: Array, voxel: float) -> None:
    """Paint diaphragm, liver, spleen, stomach with its gas bubble, and gut."""
    below = thorax.diaphragm(points) < 3.0
    index = np.flatnonzero(below)
    part, inner, noise = hu[index], _pick(points, index), texture[index]
    x, y, z = inner
    anatomy, depth = thorax.anatomy, thorax.diaphragm(inner)
    blend(part, 6.0 - 9.0 * noise, 28.0 - 40.0 * np.abs(noise), voxel)  # gut between fat
    blend(part, ellipsoid(inner, (-96, -38, -150), (26, 42, 46)), anatomy.liver_hu - 8, voxel)
    wall = ellipsoid(inner, (-62, 14, -146), (42, 50, 40))
    content = np.where(y > anatomy.gas_level_mm, np.float32(-960), 22 + 12 * noise)
    for distance, value in ((wall, 42.0), (wall + 4.0, content)):
        blend(part, np.maximum(distance, depth + 4.0), value, voxel)
    liver = np.maximum(depth + 2.5, -x - 20.0 - 0.55 * np.maximum(y, -30.0))
    liver = np.maximum(liver, -(y + 78.0) + 0.1 * z)
    blend(part, liver, anatomy.liver_hu + 5.0 * noise, voxel)
    blend(part, np.maximum(depth, -depth - 3.0), anatomy.muscle_hu, voxel)
    hu[index] = part
