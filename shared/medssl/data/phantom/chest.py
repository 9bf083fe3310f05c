"""The chest phantom: a procedural chest CT with nodules, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from .anatomy import Anatomy, draw_anatomy
from .bones import limb_bones, paint_cage, paint_limb_bone, paint_spine
from .fields import Array, blend, coverage, polyline, value_noise
from .frame import Frame, draw_frame
from .nodules import Nodule, draw_lesions, paint_lesion
from .organs import paint_cavity
from .scanner import draw_kernel, scan
from .thorax import Thorax
from .trees import Tree, grow_lungs, paint_tree

_AIR_HU = -1000.0
_FAT_HU = -102.0


@dataclass(frozen=True)
class ChestPhantom:
    """A synthetic chest CT and what is known about it.

    Attributes:
        volume: ``(x, y, z)`` int16 HU, axes to the patient's right, front and head.
        affine: ``(4, 4)`` voxel index to RAS mm.
        nodules: the nodules of the mask, instance id 1 first.
        nodule_mask: ``(x, y, z)`` uint16 instance ids, 0 elsewhere.
        false_positives: RAS mm of places where vessels cross or branch, at least 10 mm from
            the surface of any nodule.
    """

    volume: npt.NDArray[np.int16]
    affine: npt.NDArray[np.float64]
    nodules: tuple[Nodule, ...]
    nodule_mask: npt.NDArray[np.uint16]
    false_positives: tuple[tuple[float, float, float], ...]


def make_chest_phantom(
    seed: int,
    spacing_mm: tuple[float, float, float] | None = None,
    field_of_view_mm: tuple[float, float, float] | None = None,
) -> ChestPhantom:
    """Make a chest CT; the same arguments give the same bytes.

    Args:
        seed: non-negative; draws anatomy, nodules, tilt, kernel and noise.
        spacing_mm: voxel size (x, y, z); None draws 0.6-0.9 in-plane and 1-2.5 along z.
        field_of_view_mm: extent (x, y, z); None draws 315-385 in-plane and 250-310 along z.
    """
    place, body, growth, lesions, dust = (
        np.random.default_rng((seed, stream)) for stream in range(5)
    )
    frame = draw_frame(place, spacing_mm, field_of_view_mm)
    anatomy = draw_anatomy(body)
    thorax = Thorax(anatomy)
    arteries, veins, airways = grow_lungs(thorax, anatomy, growth)
    vessels = arteries.join(veins)

    hu = _paint_body(frame, thorax, dust)
    _paint_trees(hu, frame, anatomy, vessels, airways)
    mask = np.zeros(frame.shape, np.uint16)
    nodules: list[Nodule] = []
    for lesion in draw_lesions(thorax, vessels, lesions):
        nodule = paint_lesion(hu, mask, len(nodules) + 1, lesion, frame, thorax)
        nodules += [nodule] if nodule else []
    crossings = _crossings(frame, thorax, arteries, veins, nodules)
    volume = scan(hu, frame, draw_kernel(dust), dust)
    return ChestPhantom(volume, frame.affine, tuple(nodules), mask, crossings)


def _paint_body(frame: Frame, thorax: Thorax, rng: np.random.Generator) -> Array:
    """Return float32 HU ``(x, y, z)`` of everything but the trees and nodules."""
    points, voxel = frame.points(), frame.voxel_mm
    texture = value_noise(rng, frame.shape, frame.spacing_mm, 9.0)
    texture = 0.8 * texture + 0.6 * value_noise(rng, frame.shape, frame.spacing_mm, 4.0)
    cage, wall = thorax.rib_cage(points), thorax.muscle_wall(points)
    skin = thorax.skin(points, wall)
    hu = np.full(frame.shape, _AIR_HU, np.float32)
    if thorax.anatomy.table:
        _paint_table(hu, points, thorax, voxel)
    blend(hu, skin, 20.0, voxel)
    blend(hu, skin + 1.8, _FAT_HU + 8.0 * texture, voxel)
    streaks = value_noise(rng, frame.shape, frame.spacing_mm, 17.0)
    fat = np.clip(1.6 - np.abs(streaks + 0.25 * texture) * 12.0, 0.0, 1.0)  # between the muscles
    muscle = thorax.anatomy.muscle_hu + 7.0 * texture
    blend(hu, np.maximum(wall, skin + 2.5), muscle + fat * (_FAT_HU - muscle), voxel)

    shell = np.flatnonzero((cage > -12) & (cage < 20) & (skin < -2))
    _paint_part(hu, shell, points, lambda part, near: paint_cage(
        part, near, cage.ravel()[shell], thorax, voxel))
    inner = np.flatnonzero(cage < 1.0 - 6.0)
    return hu


def _paint_table(hu: Array, points: tuple[Array, Array, Array], thorax: Thorax, voxel: float) -> None:
    """Paint the scanner's table, two thin curved shells under the back."""
    x, y, _ = points
    below = y + 128.0 + 0.9 * thorax.anatomy.fat_mm - 0.0009 * x * x
    for depth, hu_shell in ((0.0, -250.0), (24.0, -450.0)):
        blend(hu, np.abs(below + depth) - 1.2, hu_shell, voxel)
