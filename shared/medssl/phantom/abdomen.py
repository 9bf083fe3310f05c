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


@dataclass(frozen=True)
class AbdomenPhantom:
    """A synthetic abdominal CT and what is known about it.

    Attributes:
        volume: ``(x, y, z)`` int16 HU, axes to the patient's right, front and head.
        affine: ``(4, 4)`` voxel index to RAS mm.
        label: ``(x, y, z)`` uint8, 0 background, 1 liver, 2 tumour.
        tumours: centre in RAS mm, diameter in mm and HU of every tumour that was drawn.
    """

    volume: npt.NDArray[np.int16]
    affine: npt.NDArray[np.float64]
    label: npt.NDArray[np.uint8]
    tumours: tuple[dict[str, object], ...]


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
    place, body, gut, lesions, dust = (np.random.default_rng((seed, n)) for n in range(5))
    frame = _draw_frame(place, spacing_mm, field_of_view_mm)
    viscera = draw_viscera(body)
    patient = replace(draw_anatomy(body), blood_hu=viscera.vein_hu, liver_hu=viscera.liver_hu)
    abdomen = Abdomen(viscera, Thorax(patient))
    bowel = draw_bowel(abdomen, gut)
    gut_vessels, vessels = draw_gut_vessels(bowel, gut), draw_vessels(abdomen, gut)
    tumours = draw_tumours(abdomen, lesions)

    hu, label = np.empty(frame.shape, np.float32), np.zeros(frame.shape, np.uint8)
    noise = [ValueNoise(dust, frame, wavelength) for wavelength in (4.0, 10.0, 26.0)]
    for part, slab in frame.slabs():
        painter = Painter(slab, abdomen, noise)
        painter.paint(bowel, gut_vessels, vessels)
        for tumour in tumours:
            painter.paint_tumour(tumour)
        hu[..., part], label[..., part] = painter.hu, painter.label
    kernel = Kernel(float(dust.uniform(0.5, 0.8)), 0.0, 0.8, float(dust.uniform(8, 18)))
    volume = scan(hu, frame, kernel, dust)
    return AbdomenPhantom(volume, frame.affine, label, _facts(tumours, frame))


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
