"""The shape of the chest: rib cage, body outline, diaphragm, mediastinum and lungs."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from .anatomy import Anatomy, great_vessels
from .fields import Array, Points, capsule, ellipsoid, polyline, smooth_max, smooth_min

PLEURA_MM = 6.0  # from the middle of the ribs inwards to the lung
DOME_LOW_MM = -162.0  # deepest point of the lung, beside the diaphragm
_TABLE_Z = np.arange(-440.0, 300.0, 0.25)

# Half width, half depth and y of the centre along z, in reference mm.
_Z = (-200, -120, -60, 0, 40, 80, 100, 120, 135, 155)
_CAGE_WIDTH = (136, 138, 135, 125, 114, 97, 82, 60, 40, 24)
_CAGE_DEPTH = (88, 94, 95, 91, 83, 69, 58, 44, 32, 22)
_CAGE_Y = (0, 0, -2, -5, -11, -21, -26, -32, -36, -40)
_WALL_WIDTH = (146, 148, 148, 153, 160, 168, 165, 148, 116, 80)
_WALL_DEPTH = (109, 113, 116, 114, 108, 99, 90, 79, 69, 62)
_WALL_Y = (-7, -7, -10, -13, -17, -23, -26, -29, -30, -31)


def table(z: tuple[int, ...], values: tuple[int, ...]) -> Array:
    """Return the values (mm) at the heights ``z`` (mm, rising) as ``section`` reads them."""
    clipped = np.clip(_TABLE_Z, z[0], z[-1])
    return PchipInterpolator(z, values)(clipped).astype(np.float32)


class Thorax:
    """Signed distances (mm, negative inside) of the chest's large surfaces.

    Every method takes reference coordinates ``(x, y, z)`` in mm as arrays of one shape.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        self.anatomy = anatomy
        self._cage = tuple(table(_Z, row) for row in (_CAGE_WIDTH, _CAGE_DEPTH, _CAGE_Y))
        self._wall = tuple(table(_Z, row) for row in (_WALL_WIDTH, _WALL_DEPTH, _WALL_Y))
        self._spine_y = (self._cage[2] - self._cage[1] + 31.0).astype(np.float32)

    def rib_cage(self, points: Points) -> Array:
        """Distance to the surface that runs through the middle of the ribs."""
        return section(points, self._cage)

    def muscle_wall(self, points: Points) -> Array:
        """Distance to the outer surface of the muscles of chest, shoulders and raised arms."""
        x, y, z = points
        torso = section(points, self._wall)
        arm = capsule((np.abs(x), y, z), *_ARM, (36.0, 30.0))
        return smooth_min(torso, arm, 25.0)

    def skin(self, points: Points, muscle_wall: Array) -> Array:
        """Distance to the skin: fat over the muscle, breasts in front, the back pressed flat."""
        x, y, z = points
        fat = self.anatomy.fat_mm
        layer = fat * (1.0 + 0.35 * np.tanh(y / 60.0)) + 2.0
        skin = muscle_wall - layer
        if self.anatomy.breast_mm:
            bump = np.exp(-(((np.abs(x) - 78) / 42) ** 2) - ((z + 25) / 45) ** 2)
            skin -= self.anatomy.breast_mm * bump * np.clip((y - 20) / 40, 0, 1)
        return smooth_max(skin, -(y + 124.0 + 0.6 * fat), 30.0)

    def diaphragm(self, points: Points) -> Array:
        """Height above the diaphragm: two domes, the right one (over the liver) the higher."""
        x, y, z = points
        right = x > 0
        height = np.where(right, *(np.float32(mm) for mm in self.anatomy.dome_mm))
        across = np.abs(x) - 68.0
        across /= np.where(across > 0, np.float32(70.0), np.float32(112.0))
        along = (y - 6.0) / 94.0
        dome = height * np.sqrt(np.maximum(1.0 - across**2 - along**2, 0.0))
        return (z - DOME_LOW_MM - dome) * 0.8

    def heart(self, points: Points) -> Array:
        """Distance to the heart: ventricles, apex to the left, and the right atrium."""
        size, turn = self.anatomy.heart_size, self.anatomy.heart_turn
        ventricles = ellipsoid(points, (-24, 24, -50), (44 * size, 60 * size, 44 * size), turn)
        atrium = ellipsoid(points, (18, 12, -42), (26 * size, 28 * size, 34 * size))
        return smooth_min(ventricles, atrium, 14.0)

    def spine_y(self, z: Array) -> Array:
        """Return y of the middle of the vertebral bodies."""
        return self._spine_y[_row(z)]

    def mediastinum(self, points: Points) -> Array:
        """Distance to all that lies between the lungs, the spine included."""
        x, y, z = points
        width = 7.0 + 19.0 / (1.0 + np.exp((y - 30.0) / 7.0))
        width += 6.0 / (1.0 + np.exp((45.0 - z) / 10.0))
        width += 2.5 * np.sin(z / 15.0 + 0.02 * y) + 2.0 * np.sin(y / 12.0 + np.sign(x))
        union = np.abs(x + 0.03 * (z + 40)) - width
        union = smooth_min(union, self.heart(points) - 4.0, 8.0)
        spine = np.hypot(x, y - self.spine_y(z)) - 21.0
        union = smooth_min(union, spine, 8.0)
        for name, margin in (("aorta", 3.0), ("superior vena cava", 2.5)):
            path, radius = great_vessels()[name]
            union = smooth_min(union, polyline(points, path, radius + margin), 4.0)
        return union

    def lungs(self, points: Points, rib_cage: Array | None = None) -> Array:
        """Distance to the pleura of both lungs; the sign of x tells right (+) from left (-)."""
        cage = self.rib_cage(points) if rib_cage is None else rib_cage
        lungs = smooth_max(cage + PLEURA_MM, -self.mediastinum(points), 10.0)
        return smooth_max(lungs, -self.diaphragm(points), 6.0)


_ARM = (np.array([150.0, -26.0, 108.0]), np.array([178.0, 0.0, 330.0]))


def _row(z: Array) -> Array:
    index = ((z - _TABLE_Z[0]) * 4.0).astype(np.int32)
    return np.clip(index, 0, len(_TABLE_Z) - 1)


def section(points: Points, tables: tuple[Array, ...]) -> Array:
    """Return the radial distance (mm) to a tube whose cross section is a superellipse.

    Args:
        points: reference coordinates in mm.
        tables: half width, half depth and y of the centre along z, from ``table``; the exponent
            is 2.5.
    """
    x, y, z = points
    row = _row(z)
    width, depth, middle = (table[row] for table in tables)
    dy = y - middle
    u, v = np.abs(x) / width, np.abs(dy) / depth
    ratio = np.power(u * u * np.sqrt(u) + v * v * np.sqrt(v) + 1e-6, np.float32(0.4))
    return np.sqrt(x * x + dy * dy) * (1.0 - 1.0 / ratio)
