"""Lung vessels and airways: trees that fill the lungs.

The growth follows Tawhai et al. 2000 ("Generation of an anatomically based three-dimensional model
of the conducting airways"): a branch runs part of the way to the centroid of the points it has to
supply, the points are split by a plane through the branch, and each half gets a daughter branch.
Radii follow r^n = r1^n + r2^n (Murray's law has n = 3; lung vessels are nearer to 2.75).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import ATRIUM, CARINA, HILA, TRACHEA_TOP, Anatomy
from .fields import Array, coverage
from .frame import Frame
from .thorax import Thorax

_FRACTION = 0.42
_EXPONENT = 1 / 2.75
_AIRWAY_SHARE = 0.78  # radius of a bronchus beside an artery of radius 1
_SMALLEST_AIRWAY_MM = 1.1


@dataclass(frozen=True)
class Tree:
    """Straight tapering pieces: ``start`` and ``end`` (n, 3) and their radii (n,), reference mm."""

    start: Array
    end: Array
    start_radius: Array
    end_radius: Array

    def join(self, other: Tree) -> Tree:
        """Return the pieces of both trees."""
        mine = (self.start, self.end, self.start_radius, self.end_radius)
        theirs = (other.start, other.end, other.start_radius, other.end_radius)
        return Tree(*(np.concatenate(pair) for pair in zip(mine, theirs, strict=True)))

    def pick(self, chosen: Array) -> Tree:
        """Return the pieces of a boolean mask or index array."""
        return Tree(
            self.start[chosen], self.end[chosen], self.start_radius[chosen], self.end_radius[chosen]
        )


def grow(root: Array, targets: Array, radius_mm: float, rng: np.random.Generator) -> Tree:
    """Grow a tree from ``root`` (3,) that ends at every one of ``targets`` (n, 3)."""
    leaf = radius_mm / len(targets) ** _EXPONENT
    pieces: list[tuple[Array, Array, float, float]] = []
    waiting = [(root, targets, radius_mm)]
    while waiting:
        node, points, parent = waiting.pop()
        radius = leaf * len(points) ** _EXPONENT
        if len(points) == 1:
            pieces.append((node, points[0], min(parent, radius * 1.2), radius * 0.8))
            continue
        centre = points.mean(0)
        tip = node + _FRACTION * (centre - node)
        side = tip - node
        bend = rng.normal(0.0, 0.06, 3) * np.linalg.norm(side)
        middle = (node + tip) / 2 + bend
        mean = (parent + radius) / 2
        pieces += [(node, middle, parent, mean), (middle, tip, mean, radius)]
        first = _side(points - centre, side)
        if first.all() or not first.any():
            first = np.arange(len(points)) % 2 == 0
        waiting += [(tip, half, radius) for half in (points[first], points[~first])]
    start, end, wide, narrow = (np.array(column) for column in zip(*pieces, strict=True))
    return Tree(start, end, wide, narrow)


def _side(offsets: Array, along: Array) -> Array:
    """Split points by the plane through the branch that is normal to their widest extent."""
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    across = offsets - np.outer(offsets @ along, along)
    normal = np.linalg.eigh(across.T @ across)[1][:, -1]
    split: Array = across @ normal > 0
    return split


def lung_targets(thorax: Thorax, count: int, right: bool, rng: np.random.Generator) -> Array:
    """Draw ``count`` points (n, 3) spread over one lung, at least 3 mm from its pleura."""
    found: list[Array] = []
    while sum(len(part) for part in found) < count:
        points = rng.uniform((2, -110, -165), (138, 100, 130), (4 * count, 3))
        points[:, 0] *= 1.0 if right else -1.0
        x, y, z = points.T.astype(np.float32)
        found.append(points[thorax.lungs((x, y, z)) < -3.0])
    return np.concatenate(found)[:count]


def grow_lungs(
    thorax: Thorax, anatomy: Anatomy, rng: np.random.Generator
) -> tuple[Tree, Tree, Tree]:
    """Return arteries, veins and airways of both lungs; the airways run beside the arteries."""
    arteries, veins, airways = [], [], []
    trachea = Tree(TRACHEA_TOP[None], CARINA[None], np.array([9.0]), np.array([8.5]))
    for right, hilum in zip((True, False), HILA, strict=True):
        radius = anatomy.vessel_radius_mm * (1.0 if right else 0.95)
        targets = lung_targets(thorax, 2 * anatomy.vessel_ends, right, rng)
        artery = grow(hilum, targets[::2], radius, rng)
        arteries.append(artery)
        veins.append(grow(ATRIUM + 0.6 * (hilum - ATRIUM), targets[1::2], 0.95 * radius, rng))
        beside = np.array([0.0, -0.8, 0.6]) * 1.9
        bronchi = artery.pick(artery.end_radius > _SMALLEST_AIRWAY_MM)
        bronchi = Tree(
            bronchi.start + beside * bronchi.start_radius[:, None],
            bronchi.end + beside * bronchi.end_radius[:, None],
            _AIRWAY_SHARE * bronchi.start_radius,
            _AIRWAY_SHARE * bronchi.end_radius,
        )
        stem = Tree(CARINA[None], bronchi.start[:1], np.array([7.0]), bronchi.start_radius[:1])
        airways.append(stem.join(bronchi))
    trees = (
        arteries[0].join(arteries[1]),
        veins[0].join(veins[1]),
        trachea.join(airways[0]).join(airways[1]),
    )
    artery, vein, airway = (tree.pick(_outside_heart(tree, thorax)) for tree in trees)
    return artery, vein, airway


def _outside_heart(tree: Tree, thorax: Thorax) -> Array:
    x, y, z = ((tree.start + tree.end) / 2).T.astype(np.float32)
    outside: Array = thorax.heart((x, y, z)) > tree.start_radius
    return outside


def paint_tree(target: Array, frame: Frame, tree: Tree, wall_mm: float = 0.0) -> None:
    """Raise ``target`` (voxel grid, 0..1) in place to the share of each voxel inside the tree."""
    voxel = frame.voxel_mm
    inverse = np.linalg.inv(frame.reference[:3, :3])
    reach = np.abs(inverse).sum(1)
    starts, ends = frame.voxels(tree.start), frame.voxels(tree.end)
    wide = np.maximum(tree.start_radius, tree.end_radius) * (1.1 if wall_mm else 1.0) + wall_mm
    margin = (wide + voxel)[:, None] * reach
    low = np.floor(np.minimum(starts, ends) - margin).astype(int).clip(0)
    high = np.minimum(np.ceil(np.maximum(starts, ends) + margin).astype(int) + 1, frame.shape)
    for piece in np.flatnonzero((high > low).all(1)).tolist():
        i, j, k = (slice(a, b) for a, b in zip(low[piece], high[piece], strict=True))
        distance, radius = _to_piece(frame, (i, j, k), tree, piece)
        radius = radius * (1.1 if wall_mm else 1.0) + wall_mm
        share = coverage(distance - radius, voxel)
        share *= np.minimum(1.0, (2.0 * radius / voxel) ** 2)  # thinner than a voxel
        part = target[i, j, k]
        np.maximum(part, share, out=part)


def _to_piece(
    frame: Frame, box: tuple[slice, slice, slice], tree: Tree, piece: int
) -> tuple[Array, Array]:
    """Return the distance to a piece's axis and the radius there (mm) over a box of voxels."""
    x, y, z = frame.points(box)
    start, along = tree.start[piece], tree.end[piece] - tree.start[piece]
    ux, uy, uz = along.tolist()
    dx, dy, dz = (axis - origin for axis, origin in zip((x, y, z), start.tolist(), strict=True))
    t = (dx * ux + dy * uy + dz * uz) / max(float(along @ along), 1e-9)
    t = np.clip(t, 0.0, 1.0)
    dx, dy, dz = dx - t * ux, dy - t * uy, dz - t * uz
    first, last = float(tree.start_radius[piece]), float(tree.end_radius[piece])
    return np.sqrt(dx * dx + dy * dy + dz * dz), first + t * (last - first)
