"""Liver tumours: where they sit and how they look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .blob import Blob
from .fields import Array, coverage
from .frame import Frame
from .viscera import Abdomen

_MOST = 8
_SMALLEST_MM, _LARGEST_MM = 5.0, 60.0
_MEDIAN_MM, _FIRST_MM = 15.0, 14.0
_NECROSIS_MM = 14.0  # radius from which the middle dies off


@dataclass(frozen=True)
class Tumour(Blob):
    """A tumour of the liver: HU of its mass and of its middle."""

    hu: float
    core_hu: float


def draw_tumours(abdomen: Abdomen, rng: np.random.Generator) -> list[Tumour]:
    """Draw 1 to 8 tumours of 5 to 60 mm, apart from each other; three in four are darker.

    The first is at least 14 mm wide, so that every patient has one that thick slices show.
    """
    tumours: list[Tumour] = []
    for _ in range(min(1 + int(rng.poisson(2.3)), _MOST)):
        add = 0.0 if tumours else _FIRST_MM
        diameter = add + rng.lognormal(np.log(_MEDIAN_MM), 0.65)
        radius = float(np.clip(diameter, _SMALLEST_MM, _LARGEST_MM)) / 2
        points = liver_points(abdomen, 60, rng, depth_mm=min(0.6 * radius, 12.0))
        gaps = [np.linalg.norm(points - one.centre, axis=1) - one.radius_mm for one in tumours]
        free = np.min([np.full(len(points), np.inf), *gaps], axis=0) > radius + 6.0
        if free.any():
            tumours.append(_draw(points[free][0], radius, rng))
    return tumours


def liver_points(
    abdomen: Abdomen, count: int, rng: np.random.Generator, depth_mm: float = 3.0
) -> Array:
    """Draw ``count`` points (n, 3) in the liver, at least ``depth_mm`` from its surface."""
    found: list[Array] = []
    while sum(len(part) for part in found) < count:
        points = rng.uniform((-100, -90, -280), (135, 100, -70), (6 * count, 3))
        x, y, z = points.T.astype(np.float32)
        found.append(points[abdomen.liver((x, y, z)) < -depth_mm])
    return np.concatenate(found)[:count]


def _draw(centre: Array, radius: float, rng: np.random.Generator) -> Tumour:
    hu = float(rng.uniform(40, 80) if rng.random() < 0.75 else rng.uniform(130, 160))
    dead = radius > _NECROSIS_MM and rng.random() < 0.5
    return Tumour(
        centre=centre,
        radius_mm=radius,
        bumps=rng.normal(0.0, 2.2, (7, 3)),
        phases=rng.uniform(0, 2 * np.pi, 7),
        roughness=float(rng.uniform(0.15, 0.6)),
        hu=hu,
        core_hu=float(rng.uniform(15, 35)) if dead else hu,
    )


def paint_tumour(
    hu: Array, label: Array, tumour: Tumour, frame: Frame, abdomen: Abdomen, texture: Array
) -> None:
    """Paint a tumour in place, as far as it lies in the liver, and label it 2.

    Args:
        hu: ``(x, y, z)`` float32 HU.
        label: ``(x, y, z)`` uint8.
        tumour: what to paint.
        frame: the voxel grid.
        abdomen: the patient's surfaces; the tumour ends at the liver's.
        texture: ``(x, y, z)`` noise of standard deviation 1.
    """
    reach = 1.7 * tumour.radius_mm + 2.0
    box = frame.box(tumour.centre - reach, tumour.centre + reach)
    if box is None:
        return
    points, voxel = frame.points(box), frame.voxel_mm
    shape = tumour.distance(np.stack(points, -1) - tumour.centre.astype(np.float32))
    shape = np.maximum(shape, abdomen.liver(points) + 0.5)
    part, grain = hu[box], 4.0 * texture[box]
    part += coverage(shape, 2.0 * voxel) * (tumour.hu + grain - part)
    if tumour.core_hu != tumour.hu:
        core = coverage(shape + 0.4 * tumour.radius_mm + grain, 4.0 * voxel)
        part += core * (tumour.core_hu - part)
    label[box][shape < 0] = 2
