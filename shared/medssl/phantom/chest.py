"""The chest phantom: a procedural chest CT with nodules, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from .anatomy import Anatomy, draw_anatomy
from .bones import limb_bones, paint_cage, paint_limb_bone, paint_spine
from .fields import Array, Points, blend
from .frame import Frame, draw_frame
from .nodules import Nodule, draw_lesions, paint_lesion
from .noise import ValueNoise
from .organs import paint_cavity
from .scanner import draw_kernel, scan
from .shell import AIR_HU, paint_shell
from .thorax import Thorax
from .trees import Tree, grow_lungs, paint_tree

_CAVITY_MM = -4.0  # from the middle of the ribs inwards to the lining of the cage
_SPINE = (np.array([-42.0, -175.0, -320.0]), np.array([42.0, -20.0, 320.0]))


@dataclass(frozen=True)
class ChestPhantom:
    """A synthetic chest CT and what is known about it.

    Attributes:
        volume: ``(x, y, z)`` int16 HU, axes to the patient's right, front and head.
        affine: ``(4, 4)`` voxel index to RAS mm.
        nodules: the nodules of the mask, instance id 1 first.
        nodule_mask: ``(x, y, z)`` uint16 instance ids, 0 elsewhere.
        lung_mask: ``(x, y, z)`` bool, the lungs with their vessels, airways and nodules.
        false_positives: RAS mm of places where vessels cross or branch, at least 10 mm from
            the surface of any nodule.
    """

    volume: npt.NDArray[np.int16]
    affine: npt.NDArray[np.float64]
    nodules: tuple[Nodule, ...]
    nodule_mask: npt.NDArray[np.uint16]
    lung_mask: npt.NDArray[np.bool_]
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

    hu, lungs = np.empty(frame.shape, np.float32), np.zeros(frame.shape, bool)
    noise = [ValueNoise(dust, frame, wavelength) for wavelength in (4.0, 10.0, 26.0)]
    for part, slab in frame.slabs():
        lungs[..., part], hu[..., part] = _paint_body(slab, thorax, noise)
        _paint_trees(hu[..., part], slab, anatomy, vessels, airways)
    mask = np.zeros(frame.shape, np.uint16)
    nodules: list[Nodule] = []
    for lesion in draw_lesions(thorax, vessels, lesions):
        nodule = paint_lesion(hu, mask, len(nodules) + 1, lesion, frame, thorax)
        nodules += [nodule] if nodule else []
    crossings = _crossings(frame, thorax, arteries, veins, nodules)
    volume = scan(hu, frame, draw_kernel(dust), dust)
    return ChestPhantom(volume, frame.affine, tuple(nodules), mask, lungs, crossings)


def _paint_body(frame: Frame, thorax: Thorax, noise: list[ValueNoise]) -> tuple[Array, Array]:
    """Return the lung mask and float32 HU ``(x, y, z)`` of all but the trees and nodules."""
    points, voxel = frame.points(), frame.voxel_mm
    fine, coarse, streaks = (one.sample(frame) for one in noise)
    texture = 0.6 * fine + 0.8 * coarse
    hu = np.full(frame.shape, AIR_HU, np.float32)
    cage = thorax.rib_cage(points)
    skin = paint_shell(hu, points, cage, thorax, texture, streaks, voxel)

    _paint_bones(hu, frame, points, cage, skin, thorax, texture)
    inner = np.flatnonzero(cage < _CAVITY_MM)
    near, grain = _pick(points, inner), texture.ravel()[inner]
    part = hu.ravel()[inner]
    paint_cavity(part, near, thorax, grain, voxel)
    hu.ravel()[inner] = part
    spine = frame.box(*_SPINE)
    if spine:
        paint_spine(hu[spine], frame.points(spine), thorax, texture[spine], voxel)
    part = hu.ravel()[inner]
    lungs = thorax.lungs(near, cage.ravel()[inner])
    blend(part, lungs, _parenchyma(near, thorax.anatomy, fine.ravel()[inner], grain), voxel)
    hu.ravel()[inner] = part
    mask = np.zeros(frame.shape, bool)
    mask.ravel()[inner] = lungs < 0
    return mask, hu


def _paint_bones(
    hu: Array,
    frame: Frame,
    points: Points,
    cage: Array,
    skin: Array,
    thorax: Thorax,
    texture: Array,
) -> None:
    """Paint cage, collar bones and arms in place."""
    shell = np.flatnonzero((cage > -9) & (cage < 20) & (skin < -3))
    part = hu.ravel()[shell]
    paint_cage(part, _pick(points, shell), cage.ravel()[shell], thorax, frame.voxel_mm)
    hu.ravel()[shell] = part
    for start, end, radius in limb_bones():
        box = frame.box(np.minimum(start, end) - radius - 2, np.maximum(start, end) + radius + 2)
        if box:
            marrow = thorax.anatomy.marrow_hu + 20 * texture[box]
            bone = (start, end, radius)
            paint_limb_bone(hu[box], frame.points(box), bone, marrow, frame.voxel_mm)


def _pick(points: Points, index: Array) -> Points:
    x, y, z = (axis.ravel()[index] for axis in points)
    return x, y, z


def _parenchyma(points: Points, anatomy: Anatomy, fine: Array, texture: Array) -> Array:
    """Return lung HU: denser in the back (gravity), lobules, emphysema and the fissures."""
    x, y, z = points
    hu = anatomy.lung_hu - 0.22 * y + 13.0 * texture + 20.0 * fine
    if anatomy.emphysema:
        dark = NormalDist().inv_cdf(anatomy.emphysema)
        hu -= 70.0 * np.clip((dark - texture) * 4.0 + 0.5, 0.0, 1.0)
    oblique = (z - 8.0 + 0.95 * (y + 20.0) + 0.0015 * x * x + 0.04 * x) * 0.72
    horizontal = np.where((x > 0) & (oblique > 0), z - 12.0 + 0.002 * (x - 60.0) ** 2, 9.0)
    for fissure in (oblique, horizontal):
        hu += 110.0 * np.exp(-((fissure / 0.9) ** 2))
    return hu


def _paint_trees(hu: Array, frame: Frame, anatomy: Anatomy, vessels: Tree, airways: Tree) -> None:
    """Paint the walls and the air of the airways, then the lung vessels, in place."""
    wall, lumen, blood = (np.zeros(frame.shape, np.float32) for _ in range(3))
    paint_tree(wall, frame, airways, wall_mm=0.5)
    paint_tree(lumen, frame, airways)
    paint_tree(blood, frame, vessels)
    hu += wall * np.maximum(10.0 - hu, 0.0)
    hu += blood * np.maximum(anatomy.blood_hu - hu, 0.0)
    hu += lumen * (-985.0 - hu)


def _crossings(
    frame: Frame, thorax: Thorax, arteries: Tree, veins: Tree, nodules: list[Nodule]
) -> tuple[tuple[float, float, float], ...]:
    """Find where arteries and veins touch and where mid-sized vessels branch, away from nodules."""
    one, two = (
        tree.pick((tree.end_radius > 0.9) & (tree.start_radius < 3)) for tree in (arteries, veins)
    )
    pairs = cKDTree((one.start + one.end) / 2).query((two.start + two.end) / 2)
    close = pairs[0] < two.start_radius + one.start_radius[pairs[1]] + 1.0
    places = np.concatenate([((two.start + two.end) / 2)[close], one.end])
    x, y, z = places.T.astype(np.float32)
    voxels = frame.voxels(places)
    inside = ((voxels >= 0) & (voxels <= np.array(frame.shape) - 1)).all(1)
    world = frame.world(places[(thorax.lungs((x, y, z)) < -1.0) & inside])
    for nodule in nodules:
        away = np.linalg.norm(world - np.array(nodule.world_mm), axis=1)
        world = world[away > 10.0 + nodule.diameter_mm / 2]
    return tuple((float(a), float(b), float(c)) for a, b, c in world)
