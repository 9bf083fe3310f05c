"""Implicit shapes, partial volume and noise: the brushes the phantom is painted with."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Points: TypeAlias = tuple[Array, Array, Array]
Vector: TypeAlias = tuple[float, float, float]


def coverage(distance: Array, voxel_mm: float) -> Array:
    """Return the fraction of each voxel inside a shape, from its signed distance in mm."""
    return np.clip(0.5 - distance / voxel_mm, 0.0, 1.0)


def blend(hu: Array, distance: Array, value: Array | float, voxel_mm: float) -> None:
    """Paint ``value`` (HU) in place wherever the signed ``distance`` (mm) is negative."""
    hu += coverage(distance, voxel_mm) * (value - hu)


def smooth_max(first: Array, second: Array, radius_mm: float) -> Array:
    """Intersect two signed distances, rounding the edge (polynomial smooth maximum)."""
    overlap = np.maximum(radius_mm - np.abs(first - second), 0.0)
    return np.maximum(first, second) + overlap * overlap / (4.0 * radius_mm)


def smooth_min(first: Array, second: Array, radius_mm: float) -> Array:
    """Unite two signed distances, filling the crease between them."""
    overlap = np.maximum(radius_mm - np.abs(first - second), 0.0)
    return np.minimum(first, second) - overlap * overlap / (4.0 * radius_mm)


def ellipsoid(points: Points, centre: Vector, radii: Vector, turn: float = 0.0) -> Array:
    """Return the first-order distance (mm) to an ellipsoid turned by ``turn`` rad about z."""
    dx, dy, dz = (axis - middle for axis, middle in zip(points, centre, strict=True))
    if turn:
        cosine, sine = np.cos(turn).item(), np.sin(turn).item()
        dx, dy = cosine * dx + sine * dy, cosine * dy - sine * dx
    a, b, c = (1.0 / radius for radius in radii)
    value = np.sqrt((dx * a) ** 2 + (dy * b) ** 2 + (dz * c) ** 2)
    slope = np.sqrt((dx * a * a) ** 2 + (dy * b * b) ** 2 + (dz * c * c) ** 2)
    distance: Array = value * (value - 1.0) / (slope + 1e-6)
    return np.where(slope > 0, distance, -min(radii))  # the centre itself has no slope


def capsule(points: Points, start: Array, end: Array, radius: tuple[float, float]) -> Array:
    """Return the distance (mm) to a straight tube whose radius runs from one value to another."""
    x, y, z = points
    along = np.asarray(end, dtype=np.float64) - start
    length = max(float(along @ along), 1e-9)
    ax, ay, az = (float(value) for value in start)
    ux, uy, uz = (float(value) for value in along)
    dx, dy, dz = x - ax, y - ay, z - az
    t = np.clip((dx * ux + dy * uy + dz * uz) / length, 0.0, 1.0)
    dx, dy, dz = dx - t * ux, dy - t * uy, dz - t * uz
    return np.sqrt(dx * dx + dy * dy + dz * dz) - (radius[0] + t * (radius[1] - radius[0]))


def polyline(points: Points, path: Array, radius_mm: float) -> Array:
    """Return the distance (mm) to a tube of constant radius along a ``(n, 3)`` path."""
    tube = (radius_mm, radius_mm)
    distance = capsule(points, path[0], path[1], tube)
    for start, end in pairwise(path[1:]):
        distance = np.minimum(distance, capsule(points, start, end, tube))
    return distance
