"""Small labelled scans of the abdomen's organs: CT, MR, and MR of four sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .abdomen import make_abdomen_phantom, paint_abdomen
from .fields import Array, Vector
from .resonance import SEQUENCES, magnetic_image

_LIVER, _SPLEEN, _RIGHT_KIDNEY, _LEFT_KIDNEY = 1, 2, 3, 4
_THREE = {"liver": (_LIVER,), "spleen": (_SPLEEN,), "kidneys": (_RIGHT_KIDNEY, _LEFT_KIDNEY)}
_DUST, _GAIN, _GRID = 4, 5, 6  # numbers of generators, after those of the anatomy


@dataclass(frozen=True)
class OrganSet:
    """What is alike in all scans of a set.

    Attributes:
        channels: their names, in order; ``CT`` is in HU.
        classes: names of the label values from 1 on, and the painted organs of each.
    """

    channels: tuple[str, ...]
    classes: dict[str, tuple[int, ...]]


ORGAN_SETS = {
    "organs_ct": OrganSet(("CT",), _THREE),
    "organs_mr": OrganSet(
        ("T1",), {"right_kidney": (_RIGHT_KIDNEY,), "left_kidney": (_LEFT_KIDNEY,)}
    ),
    "organs_mr4": OrganSet(tuple(SEQUENCES), _THREE),
}


@dataclass(frozen=True)
class OrganScan:
    """A synthetic scan of one or more channels with its label map.

    Attributes:
        channels: ``(x, y, z)`` int16 each: HU of CT, arbitrary units of MR.
        affine: ``(4, 4)`` voxel index to RAS mm.
        label: ``(x, y, z)`` uint8.
        gains: units that a grey value of 1 became in each channel; empty for CT.
    """

    channels: tuple[Array, ...]
    affine: Array
    label: Array
    gains: tuple[float, ...]


def make_organ_scan(
    kind: OrganSet,
    seed: int,
    spacing_mm: Vector | None = None,
    field_of_view_mm: Vector | None = None,
) -> OrganScan:
    """Make one scan of a set; the same arguments give the same bytes.

    Args:
        kind: one of ``ORGAN_SETS``.
        seed: non-negative; draws anatomy, voxels, gains and noise.
        spacing_mm: voxel size (x, y, z); None draws 3-3.6 in-plane and 4 or 5 along z.
        field_of_view_mm: extent (x, y, z); None draws 340-400, three quarters of it, and 230-270.
    """
    grid = _draw_grid(np.random.default_rng((seed, _GRID)))
    voxel, view = spacing_mm or grid[0], field_of_view_mm or grid[1]
    if kind.channels == ("CT",):
        ct = make_abdomen_phantom(seed, voxel, view)
        return OrganScan((ct.volume,), ct.affine, _label(kind, ct.organs), ())
    dust = np.random.default_rng((seed, _DUST))
    painted = paint_abdomen(seed, dust, voxel, view, table=False)
    image = magnetic_image(painted.hu, painted.frame, dust)
    gains = np.random.default_rng((seed, _GAIN)).uniform(150, 750, len(kind.channels)).tolist()
    channels = tuple(
        np.rint(gain * SEQUENCES[name](image)).astype(np.int16)
        for name, gain in zip(kind.channels, gains, strict=True)
    )
    return OrganScan(channels, painted.frame.affine, _label(kind, painted.organs), tuple(gains))


def _draw_grid(rng: np.random.Generator) -> tuple[Vector, Vector]:
    """Voxel size and extent: coarse and narrow, so that a set is small and made at once."""
    step, width = float(rng.uniform(3.0, 3.6)), float(rng.uniform(340, 400))
    high = float(rng.uniform(230, 270))
    return (step, step, float(rng.choice([4.0, 5.0]))), (width, 0.75 * width, high)


def _label(kind: OrganSet, organs: Array) -> Array:
    """Number the classes from 1 on, in place of the painted organs."""
    label = np.zeros(organs.shape, np.uint8)
    for value, members in enumerate(kind.classes.values(), start=1):
        label[np.isin(organs, members)] = value
    return label
