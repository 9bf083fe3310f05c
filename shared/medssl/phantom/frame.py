"""Where the voxels lie: voxel indices, scanner coordinates and the reference chest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from .fields import Array, Points

Box = tuple[slice, slice, slice]
_SLAB_VOXELS = 4_000_000


@dataclass(frozen=True)
class Frame:
    """A voxel grid laid over the reference chest.

    The reference chest is an adult in mm with x to the patient's right, y to the front, z to the
    head and the origin at the carina; ``reference`` maps voxel indices into it (size, tilt and
    position of the patient) and ``affine`` maps them to scanner coordinates (RAS mm).
    ``first_slice`` counts the slices below where the frame is a slab of a larger one.
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine: Array
    reference: Array
    first_slice: int = 0

    @property
    def voxel_mm(self) -> float:
        """Edge of a cube of one voxel's volume, in reference mm."""
        return abs(float(np.linalg.det(self.reference[:3, :3]))) ** (1 / 3)

    def slabs(self) -> Iterator[tuple[slice, Frame]]:
        """Cut the grid along z into slabs of about 4 million voxels, to bound the memory."""
        thick = max(1, _SLAB_VOXELS // (self.shape[0] * self.shape[1]))
        for first in range(0, self.shape[2], thick):
            last = min(first + thick, self.shape[2])
            lift = np.eye(4)
            lift[2, 3] = first
            yield (
                slice(first, last),
                Frame(
                    (self.shape[0], self.shape[1], last - first),
                    self.spacing_mm,
                    self.affine @ lift,
                    self.reference @ lift,
                    first,
                ),
            )

    def points(self, box: Box | None = None) -> Points:
        """Return the reference coordinates (x, y, z) in mm of a box's voxels, as float32."""
        ranges = box or tuple(slice(0, count) for count in self.shape)
        i, j, k = (np.arange(one.start, one.stop, dtype=np.float32) for one in ranges)
        matrix = self.reference.astype(np.float32)
        x, y, z = (
            (row[0] * i + row[3])[:, None, None] + (row[1] * j)[:, None] + row[2] * k
            for row in matrix[:3]
        )
        return x, y, z

    def box(self, lower: Array, upper: Array) -> Box | None:
        """Return the voxels around a reference box (mm), or None where they are off the grid."""
        corners = np.array(list(product(*zip(lower, upper, strict=True))))
        voxels = self.voxels(corners)
        low = np.maximum(np.floor(voxels.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(voxels.max(0)).astype(int) + 1, self.shape)
        if (high <= low).any():
            return None
        i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return i, j, k

    def voxels(self, points: Array) -> Array:
        """Map reference points ``(n, 3)`` in mm to fractional voxel indices."""
        inverse = np.linalg.inv(self.reference)
        return points @ inverse[:3, :3].T + inverse[:3, 3]

    def world(self, points: Array) -> Array:
        """Map reference points ``(n, 3)`` in mm to scanner coordinates (RAS mm)."""
        return self.voxels(points) @ self.affine[:3, :3].T + self.affine[:3, 3]


def draw_frame(
    rng: np.random.Generator,
    spacing_mm: tuple[float, float, float] | None,
    field_of_view_mm: tuple[float, float, float] | None,
) -> Frame:
    """Draw the patient's size, tilt and position and, where None, spacing and field of view."""
    in_plane = float(rng.uniform(0.6, 0.9))
    slices = float(rng.choice([1.0, 1.25, 1.5, 2.0, 2.5]))
    size = rng.normal(1.0, 0.05) * rng.normal(1.0, 0.03, 3)
    width = float(rng.uniform(315, 385))
    view = field_of_view_mm or (width, width, float(rng.uniform(250, 310)))
    step = np.array(spacing_mm or (in_plane, in_plane, slices))
    shape = np.maximum(np.round(np.array(view) / step).astype(int), 1)
    tilt = np.radians(rng.normal(0.0, (1.5, 1.0, 2.5)))
    shift = rng.normal(0.0, (6.0, 5.0, 6.0)) + np.array([0.0, -6.0, -18.0])

    centred = np.diag([*step, 1.0])
    centred[:3, 3] = -step * (shape - 1) / 2
    reference = np.diag([*(1.0 / size), 1.0]) @ _rotation(tilt) @ centred
    reference[:3, 3] += shift
    affine = centred.copy()
    affine[:3, 3] += rng.uniform((-30, -30, -300), (30, 200, 100))
    i, j, k = (int(count) for count in shape)
    dx, dy, dz = (float(value) for value in step)
    return Frame((i, j, k), (dx, dy, dz), affine, reference)


def _rotation(angles: Array) -> Array:
    """Return the 4x4 rotation about x, y and z by the given angles (rad)."""
    matrix = np.eye(4)
    for axis, angle in enumerate(angles):
        turn = np.eye(4)
        a, b = [other for other in range(3) if other != axis]
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return matrix
