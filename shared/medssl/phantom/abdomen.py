"""The abdomen phantom: a procedural abdominal CT with liver tumours, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .anatomy import draw_anatomy
from .frame import Frame, draw_frame
from .noise import ValueNoise
from .painter import Painter
from .scanner import Kernel, scan
from .thorax import Thorax
from .tubes import draw_bowel, draw_gut_vessels, draw_vessels
from .tumours import Tumour, draw_tumours
from .viscera import Abdomen, draw_viscera

_BELOW_CHEST_MM = -172.0
_DUST = 4  # number of the last of a seed's generators


@dataclass(frozen=True)
class AbdomenPhantom:
    """A synthetic abdominal CT and what is known about it.

    Attributes:
        volume: ``(x, y, z)`` int16 HU, axes to the patient's right, front and head.
        affine: ``(4, 4)`` voxel index to RAS mm.
        label: ``(x, y, z)`` uint8, 0 background, 1 liver, 2 tumour.
        organs: ``(x, y, z)`` uint8, 0 background, 1 liver (its tumours too), 2 spleen, 3 right and
            4 left kidney.
        tumours: centre in RAS mm, diameter in mm and HU of every tumour that was drawn.
    """

    volume: npt.NDArray[np.int16]
    affine: npt.NDArray[np.float64]
    label: npt.NDArray[np.uint8]
    organs: npt.NDArray[np.uint8]
    tumours: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class PaintedAbdomen:
    """An abdomen on a voxel grid, without noise.

    Attributes:
        hu: ``(x, y, z)`` float32 HU, axes to the patient's right, front and head.
        frame: the grid.
        label: as in the scan.
        organs: as in the scan.
        tumours: as they were drawn.
    """

    hu: npt.NDArray[np.float32]
    frame: Frame
    label: npt.NDArray[np.uint8]
    organs: npt.NDArray[np.uint8]
    tumours: list[Tumour]


def make_abdomen_phantom(
    seed: int,
    spacing_mm: tuple[float, float, float] | None = None,
    field_of_view_mm: tuple[float, float, float] | None = None,
) -> AbdomenPhantom:
    """Make an abdominal CT in the portal venous phase; the same arguments give the same bytes.

    Args:
        seed: non-negative; draws anatomy, tumours, tilt, kernel and noise.
        spacing_mm: voxel size (x, y, z); None draws 0.65-0.9 in-plane and 1-5 along z.
        field_of_view_mm: extent (x, y, z); None draws 340-400 in-plane and 240-300 along z.
    """
    dust = np.random.default_rng((seed, _DUST))
    painted = paint_abdomen(seed, dust, spacing_mm, field_of_view_mm)
    kernel = Kernel(float(dust.uniform(0.5, 0.8)), 0.0, 0.8, float(dust.uniform(8, 18)))
    volume = scan(painted.hu, painted.frame, kernel, dust)
    facts = _facts(painted.tumours, painted.frame)
    affine, label, organs = painted.frame.affine, painted.label, painted.organs
    return AbdomenPhantom(volume, affine, label, organs, facts)


def paint_abdomen(
    seed: int,
    dust: np.random.Generator,
    spacing_mm: tuple[float, float, float] | None = None,
    field_of_view_mm: tuple[float, float, float] | None = None,
    table: bool = True,
) -> PaintedAbdomen:
    """Paint an abdomen as it is before a scanner sees it.

    Args:
        seed: non-negative; draws anatomy, tumours and tilt.
        dust: draws the texture of tissues.
        spacing_mm: as for the scan.
        field_of_view_mm: as for the scan.
        table: whether a table may show below the patient, which MR does not see.
    """
    place, body, gut, lesions = (np.random.default_rng((seed, n)) for n in range(_DUST))
    frame = _draw_frame(place, spacing_mm, field_of_view_mm)
    viscera = draw_viscera(body)
    anatomy = draw_anatomy(body)
    blood, liver = viscera.vein_hu, viscera.liver_hu
    patient = replace(anatomy, blood_hu=blood, liver_hu=liver, table=anatomy.table and table)
    abdomen = Abdomen(viscera, Thorax(patient))
    bowel = draw_bowel(abdomen, gut)
    gut_vessels, vessels = draw_gut_vessels(bowel, gut), draw_vessels(abdomen, gut)
    tumours = draw_tumours(abdomen, lesions)

    hu = np.empty(frame.shape, np.float32)
    label, organs = (np.zeros(frame.shape, np.uint8) for _ in range(2))
    noise = [ValueNoise(dust, frame, wavelength) for wavelength in (4.0, 10.0, 26.0)]
    for part, slab in frame.slabs():
        painter = Painter(slab, abdomen, noise)
        painter.paint(bowel, gut_vessels, vessels)
        for tumour in tumours:
            painter.paint_tumour(tumour)
        hu[..., part], label[..., part] = painter.hu, painter.label
        organs[..., part] = painter.organs
    return PaintedAbdomen(hu, frame, label, organs, tumours)


def _draw_frame(
    rng: np.random.Generator,
    spacing_mm: tuple[float, float, float] | None,
    field_of_view_mm: tuple[float, float, float] | None,
) -> Frame:
    """Draw a frame that lies over the abdomen."""
    step, width = float(rng.uniform(0.65, 0.9)), float(rng.uniform(340, 400))
    thick = float(rng.choice([1.0, 1.5, 2.0, 2.5, 3.0, 5.0]))
    view = field_of_view_mm or (width, width, float(rng.uniform(240, 300)))
    frame = draw_frame(rng, spacing_mm or (step, step, thick), view)
    reference = frame.reference.copy()
    reference[2, 3] += _BELOW_CHEST_MM
    return replace(frame, reference=reference)


def _facts(tumours: list[Tumour], frame: Frame) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "world_mm": [float(value) for value in frame.world(tumour.centre[None])[0]],
            "diameter_mm": 2 * tumour.radius_mm,
            "hu": tumour.hu,
        }
        for tumour in tumours
    )
