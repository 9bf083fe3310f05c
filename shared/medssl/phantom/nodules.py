"""Lung nodules: where they sit, how they look, and what a reader would outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .blob import Blob
from .fields import Array, coverage
from .frame import Frame
from .thorax import Thorax
from .trees import Tree, lung_targets

Kind = Literal["solid", "part_solid", "ground_glass"]

_MOST = 8
_SMALLEST_MM, _LARGEST_MM = 3.0, 28.0


@dataclass(frozen=True)
class Nodule:
    """A nodule as a reader annotates it.

    ``world_mm`` is the centre of mass of its mask's shape in RAS mm, ``diameter_mm`` the diameter
    of the sphere of the same volume.
    """

    world_mm: tuple[float, float, float]
    diameter_mm: float
    kind: Kind


@dataclass(frozen=True)
class Lesion(Blob):
    """A nodule before it is painted."""

    kind: Kind
    hu: float
    spikes: Array  # (m, 3) unit vectors of the spiculae

    def spicules(self, offset: Array) -> Array:
        """Return the signed distance (mm) to the thin strands that leave the surface."""
        along = offset @ self.spikes.T
        across = np.sqrt(np.maximum((offset**2).sum(-1)[..., None] - along**2, 0.0))
        taper = 1.0 - along / (2.2 * self.radius_mm)
        strands = np.where((along > 0) & (taper > 0), across - 1.1 * taper, 9.0)
        distance: Array = strands.min(-1)
        return distance


def draw_lesions(thorax: Thorax, vessels: Tree, rng: np.random.Generator) -> list[Lesion]:
    """Draw 1 to 8 lesions of log-normal size (median 6.5 mm), apart from each other.

    A quarter sits on the pleura, a quarter on a vessel, the rest lies free in the lung.
    """
    lesions: list[Lesion] = []
    thick = vessels.pick(vessels.start_radius > 2.0)
    for _ in range(min(1 + int(rng.poisson(2.2)), _MOST)):
        diameter = float(np.clip(rng.lognormal(np.log(6.5), 0.5), 1.15 * _SMALLEST_MM, _LARGEST_MM))
        for _ in range(20):
            centre = _place(thorax, vessels, diameter / 2, rng)
            if _is_free(centre, diameter / 2, lesions, thick):
                lesions.append(_draw(centre, diameter / 2, rng))
                break
    return lesions


def _is_free(centre: Array, radius: float, lesions: list[Lesion], thick: Tree) -> bool:
    """Whether a lesion keeps clear of the others and of the large vessels at the hilum."""
    middles = (thick.start + thick.end) / 2
    gaps = np.linalg.norm(middles - centre, axis=1) - thick.start_radius
    others = [float(np.linalg.norm(centre - one.centre)) - one.radius_mm for one in lesions]
    return bool(min([*others, float(gaps.min(initial=99.0)) + 2.0]) > radius + 5.0)


def _place(thorax: Thorax, vessels: Tree, radius: float, rng: np.random.Generator) -> Array:
    points = lung_targets(thorax, 64, bool(rng.random() < 0.53), rng)
    x, y, z = points.T.astype(np.float32)
    depth = -thorax.lungs((x, y, z))
    where = rng.random()
    if where < 0.25:
        return points[np.argmin(np.abs(depth - max(0.7 * radius, 3.0)))]
    inside = points[depth > radius + 2.0] if (depth > radius + 2.0).any() else points
    if where < 0.5:
        middle = (vessels.start + vessels.end) / 2
        fits = (vessels.end_radius > 0.7) & (vessels.start_radius < 2.2)
        near = middle[fits][np.argmin(((middle[fits] - inside[0]) ** 2).sum(1))]
        away = inside[0] - near
        return near + away / max(float(np.linalg.norm(away)), 1e-6) * 0.8 * radius
    return inside[0]


def _draw(centre: Array, radius: float, rng: np.random.Generator) -> Lesion:
    shares = (0.72, 0.14, 0.14) if radius > 2.5 else (1.0, 0.0, 0.0)
    kinds: tuple[Kind, Kind, Kind] = ("solid", "part_solid", "ground_glass")
    kind = kinds[int(rng.choice(3, p=shares))]
    hu = float(rng.uniform(-640, -480)) if kind != "solid" else float(rng.uniform(10, 70))
    if kind == "solid" and rng.random() < 0.12:
        hu = float(rng.uniform(200, 500))  # calcified
    spikes = rng.normal(size=(int(rng.integers(5, 12)) * (rng.random() < 0.3 and radius > 3), 3))
    if not len(spikes):
        spikes = np.zeros((1, 3))
    spikes /= np.maximum(np.linalg.norm(spikes, axis=1), 1e-9)[:, None]
    return Lesion(
        centre=centre,
        radius_mm=radius,
        kind=kind,
        hu=hu,
        bumps=rng.normal(0.0, 2.6, (7, 3)),
        phases=rng.uniform(0, 2 * np.pi, 7),
        roughness=float(rng.uniform(0.2, 0.75)),
        spikes=spikes,
    )


def paint_lesion(
    hu: Array, mask: Array, number: int, lesion: Lesion, frame: Frame, thorax: Thorax
) -> Nodule | None:
    """Paint a lesion and its mask in place; None where it is off the grid or outside the lungs.

    Args:
        hu: ``(x, y, z)`` float32 HU.
        mask: ``(x, y, z)`` uint16, gets ``number`` where a voxel is at least half inside.
        number: instance id, 1 and up.
        lesion: what to paint.
        frame: the voxel grid.
        thorax: the patient's surfaces; the lesion ends at the pleura.
    """
    centre = frame.voxels(lesion.centre[None])[0]
    if (centre < 0).any() or (centre > np.array(frame.shape) - 1).any():
        return None
    spacing = np.array(frame.spacing_mm)
    reach = 2.3 * lesion.radius_mm + 2.0
    low = np.floor(centre - reach / spacing).astype(int).clip(0)
    high = np.minimum(np.ceil(centre + reach / spacing).astype(int) + 1, frame.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    offset = (np.moveaxis(np.mgrid[box], 0, -1) - centre) * spacing
    voxel = float(np.prod(spacing)) ** (1 / 3)
    pleura = thorax.lungs(frame.points((box[0], box[1], box[2])))

    nodule = _measure(lesion, frame, thorax)
    if nodule is None:
        return None
    shape = np.maximum(lesion.distance(offset), pleura)
    part = hu[box]
    strands = np.maximum(lesion.spicules(offset), pleura)
    part += 0.7 * coverage(strands, voxel) * (np.maximum(lesion.hu, part) - part)
    soft = 1.6 * voxel if lesion.kind == "solid" else 2.5 * voxel
    part += coverage(shape, soft) * (np.maximum(lesion.hu, part) - part)
    if lesion.kind == "part_solid":
        core = shape + 0.45 * lesion.radius_mm
        part += coverage(core, soft) * (np.maximum(30.0, part) - part)
    inside = shape < 0
    inside[tuple(np.round(centre).astype(int) - low)] = True
    mask[box][inside] = number
    return nodule


def _measure(lesion: Lesion, frame: Frame, thorax: Thorax) -> Nodule | None:
    """Measure volume and centre of the lesion inside the lungs on a fine grid of its own."""
    reach = 1.8 * lesion.radius_mm
    axis = np.linspace(-reach, reach, 37)
    offset = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    centre = frame.voxels(lesion.centre[None])[0]
    voxels = offset / np.array(frame.spacing_mm) + centre
    reference = voxels @ frame.reference[:3, :3].T + frame.reference[:3, 3]
    x, y, z = np.moveaxis(reference.astype(np.float32), -1, 0)
    inside = (lesion.distance(offset) < 0) & (thorax.lungs((x, y, z)) < 0)
    volume = float(inside.sum()) * float(axis[1] - axis[0]) ** 3
    diameter = (6.0 * volume / np.pi) ** (1 / 3)
    if diameter < _SMALLEST_MM:
        return None
    middle = voxels[inside].mean(0) @ frame.affine[:3, :3].T + frame.affine[:3, 3]
    x_mm, y_mm, z_mm = (float(value) for value in middle)
    return Nodule((x_mm, y_mm, z_mm), diameter, lesion.kind)
