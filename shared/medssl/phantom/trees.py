"""Lung vessels and airways: trees that fill the lungs.

The growth follows Tawhai et al. 2000 ("Generation of an anatomically based three-dimensional model
of the conducting airways"): a branch runs part of the way to the centroid of the points it has to
supply, the points are split by a plane through the branch, and each half gets a daughter branch.
Radii follow r^n = r1^n + r2^n (Murray's law has n = 3; 2.85 spreads the blood more evenly).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import ATRIUM, CARINA, HILA, TRACHEA_TOP, Anatomy
from .fields import Array, coverage
from .frame import Frame
from .thorax import Thorax

_FRACTION = 0.42
_EXPONENT = 1 / 2.85
_AIRWAY_SHARE = 0.78  # radius of a bronchus beside an artery of radius 1
_SMALLEST_AIRWAY_MM = 1.1
_SHORT_MM = 7.0  # branches shorter than this are straight
_PAIRS_AT_ONCE = 500_000


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
        pieces += _bent(node, tip, parent, radius, rng)
        first = _side(points - centre, tip - node)
        if first.all() or not first.any():
            first = np.arange(len(points)) % 2 == 0
        waiting += [(tip, half, radius) for half in (points[first], points[~first])]
    start, end, wide, narrow = (np.array(column) for column in zip(*pieces, strict=True))
    return Tree(start, end, wide, narrow)


def _bent(
    start: Array, end: Array, wide: float, narrow: float, rng: np.random.Generator
) -> list[tuple[Array, Array, float, float]]:
    """Return a branch as one straight piece or, if long, as two with a kink."""
    length = float(np.linalg.norm(end - start))
    if length < _SHORT_MM:
        return [(start, end, wide, narrow)]
    middle = (start + end) / 2 + rng.normal(0.0, 0.06, 3) * length
    mean = (wide + narrow) / 2
    return [(start, middle, wide, mean), (middle, end, mean, narrow)]


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
    """Return which pieces keep clear of the heart with both ends and their middle."""
    clear = np.ones(len(tree.start), bool)
    for points in (tree.start, (tree.start + tree.end) / 2, tree.end):
        x, y, z = points.T.astype(np.float32)
        clear &= thorax.heart((x, y, z)) > tree.start_radius
    return clear


def paint_tree(target: Array, frame: Frame, tree: Tree, wall_mm: float = 0.0) -> None:
    """Raise ``target`` (voxel grid, 0..1) in place to the share of each voxel inside the tree.

    ``wall_mm`` thickens the tubes by that much and a tenth of their radius.
    """
    starts, ends = frame.voxels(tree.start), frame.voxels(tree.end)
    grown = 1.1 if wall_mm else 1.0
    wide = np.maximum(tree.start_radius, tree.end_radius) * grown + wall_mm
    reach = np.abs(np.linalg.inv(frame.reference[:3, :3])).sum(1)
    margin = (wide + 0.5 * frame.voxel_mm)[:, None] * reach
    low = np.ceil(np.minimum(starts, ends) - margin).astype(int).clip(0)
    high = np.minimum(np.floor(np.maximum(starts, ends) + margin).astype(int) + 1, frame.shape)
    sizes = (high - low).clip(0)
    pairs = np.cumsum(sizes.prod(1))  # many small boxes, so all voxels of many pieces at once
    for pieces in np.split(np.arange(len(pairs)), np.searchsorted(pairs, _cuts(pairs))):
        voxels, piece = _voxels_of(low, sizes, pieces)
        distance, radius = _to_axis(frame, tree, voxels, piece)
        radius = radius * grown + wall_mm
        share = coverage(distance - radius, frame.voxel_mm)
        share *= np.minimum(1.0, (2.0 * radius / frame.voxel_mm) ** 2)  # thinner than a voxel
        seen = share > 0
        np.maximum.at(target, tuple(axis[seen] for axis in voxels), share[seen])


def _cuts(pairs: Array) -> Array:
    return np.arange(_PAIRS_AT_ONCE, int(pairs[-1]), _PAIRS_AT_ONCE)


def _voxels_of(low: Array, sizes: Array, pieces: Array) -> tuple[list[Array], Array]:
    """List the voxels (i, j, k) of the boxes of ``pieces``, and the piece of each."""
    counts = sizes[pieces].prod(1)
    piece = np.repeat(pieces, counts)
    rank = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    rank, k = np.divmod(rank, sizes[piece, 2])
    i, j = np.divmod(rank, sizes[piece, 1])
    return [axis + low[piece, number] for number, axis in enumerate((i, j, k))], piece


def _to_axis(frame: Frame, tree: Tree, voxels: list[Array], piece: Array) -> tuple[Array, Array]:
    """Return the distance (mm) of each voxel to the axis of its piece and the radius there."""
    i, j, k = (axis.astype(np.float32) for axis in voxels)
    along = (tree.end - tree.start).astype(np.float32)
    offset = (frame.reference[:3, 3] - tree.start).astype(np.float32)
    matrix = frame.reference[:3, :3].astype(np.float32)
    x, y, z = (
        row[0] * i + row[1] * j + row[2] * k + offset[piece, axis]
        for axis, row in enumerate(matrix)
    )
    ux, uy, uz = (along[piece, axis] for axis in range(3))
    t = (x * ux + y * uy + z * uz) / np.maximum(ux * ux + uy * uy + uz * uz, 1e-9)
    t = np.clip(t, 0.0, 1.0)
    distance = np.sqrt((x - t * ux) ** 2 + (y - t * uy) ** 2 + (z - t * uz) ** 2)
    first, last = (one.astype(np.float32)[piece] for one in (tree.start_radius, tree.end_radius))
    return distance, first + t * (last - first)
