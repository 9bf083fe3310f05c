"""Candidate positions for false-positive reduction."""

from __future__ import annotations

import numpy as np

from .chest import ChestPhantom
from .fields import Array

_CROSSING_SHARE = 0.7
_CLEARANCE_MM = 6.0

Candidate = tuple[float, float, float, int]


def draw_candidates(
    phantom: ChestPhantom, negatives: int, rng: np.random.Generator
) -> list[Candidate]:
    """Draw candidates ``(x, y, z, class)`` in RAS mm.

    Class 1: one to three positions for each nodule, off its centre by about a tenth of its
    diameter, as several detectors would mark it. Class 0: ``negatives`` positions, 70 % where
    vessels cross or branch, the rest anywhere in the lungs away from the nodules.
    """
    rows: list[Candidate] = []
    for nodule in phantom.nodules:
        for _ in range(int(rng.integers(1, 4))):
            jitter = rng.normal(0.0, 0.1 * nodule.diameter_mm, 3)
            limit = 0.25 * nodule.diameter_mm
            rows.append(_row(np.array(nodule.world_mm) + np.clip(jitter, -limit, limit), 1))
    crossings = np.array(phantom.false_positives).reshape(-1, 3)
    count = min(round(_CROSSING_SHARE * negatives), len(crossings))
    chosen = crossings[rng.permutation(len(crossings))[:count]]
    elsewhere = _lung_positions(phantom, negatives - count, rng)
    return rows + [_row(position, 0) for position in np.concatenate([chosen, elsewhere])]


def _lung_positions(phantom: ChestPhantom, count: int, rng: np.random.Generator) -> Array:
    """Draw up to ``count`` positions (n, 3) in the lungs, away from every nodule."""
    lung = np.flatnonzero(phantom.lung_mask)
    if not len(lung):
        return np.empty((0, 3))
    voxels = np.array(np.unravel_index(rng.choice(lung, 2 * count), phantom.volume.shape)).T
    world = voxels @ phantom.affine[:3, :3].T + phantom.affine[:3, 3]
    for nodule in phantom.nodules:
        away = np.linalg.norm(world - np.array(nodule.world_mm), axis=1)
        world = world[away > nodule.diameter_mm / 2 + _CLEARANCE_MM]
    return world[:count]


def _row(position: Array, kind: int) -> Candidate:
    x, y, z = (float(value) for value in position)
    return x, y, z, kind
