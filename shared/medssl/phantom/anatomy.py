"""What differs from patient to patient, and the course of the large vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fields import Array


@dataclass(frozen=True)
class Anatomy:
    """One patient, in reference mm and HU."""

    fat_mm: float  # subcutaneous fat
    breast_mm: float  # how far the breasts rise above the chest wall, 0 in men
    rib_phase_mm: float
    dome_mm: tuple[float, float]  # height of the diaphragm: right, left
    heart_size: float
    heart_turn: float  # rad about z, apex to the patient's left
    blood_hu: float
    muscle_hu: float
    liver_hu: float
    marrow_hu: float
    lung_hu: float
    emphysema: float  # fraction of the lung in dark patches
    gas_level_mm: float  # y of the stomach's air-fluid level
    vessel_radius_mm: float  # pulmonary artery at the hilum
    vessel_ends: int  # smallest arteries (and as many veins) drawn in a lung
    table: bool


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw a patient: about 40 % with contrast in the blood, half with breasts."""
    contrast = rng.random() < 0.4
    right = float(rng.uniform(62, 84))
    return Anatomy(
        fat_mm=float(rng.uniform(5, 22)),
        breast_mm=float(rng.uniform(15, 48) * (rng.random() < 0.5)),
        rib_phase_mm=float(rng.uniform(0, 25)),
        dome_mm=(right, right - float(rng.uniform(10, 18))),
        heart_size=float(rng.uniform(0.86, 1.06)),
        heart_turn=float(rng.uniform(0.45, 0.85)),
        blood_hu=float(rng.uniform(130, 320) if contrast else rng.uniform(32, 52)),
        muscle_hu=float(rng.uniform(45, 65)),
        liver_hu=float(rng.uniform(90, 120) if contrast else rng.uniform(48, 68)),
        marrow_hu=float(rng.uniform(110, 230)),
        lung_hu=float(rng.normal(-878, 18)),
        emphysema=float(rng.uniform(0.02, 0.12) * (rng.random() < 0.3)),
        gas_level_mm=float(rng.uniform(15, 40)),
        vessel_radius_mm=float(rng.uniform(5.9, 7.0)),
        vessel_ends=int(rng.integers(1900, 2500)),
        table=bool(rng.random() < 0.85),
    )


HILA = (np.array([30.0, -12.0, -12.0]), np.array([-32.0, -14.0, -3.0]))  # right, left
ATRIUM = np.array([0.0, -14.0, -36.0])  # left atrium, where the lung veins end
CARINA = np.array([2.0, -24.0, 24.0])
TRACHEA_TOP = np.array([0.0, -34.0, 190.0])


def great_vessels() -> dict[str, tuple[Array, float]]:
    """Return the centre line ``(n, 3)`` in reference mm and the radius in mm of each vessel."""
    arch = [(4, 22, -22), (12, 20, 5), (8, 14, 26), (-4, 0, 38), (-16, -20, 38), (-24, -40, 26)]
    descending = [(-25, -46, 0), (-22, -48, -60), (-14, -46, -120), (-8, -42, -260)]
    return {
        "aorta": (np.array(arch + descending, float), 13.5),
        "pulmonary trunk": (np.array([(-14, 34, -24), (-16, 20, -4), (-14, 2, 3)], float), 12.5),
        "right pulmonary artery": (np.array([(-14, 2, 3), (6, -4, -4), HILA[0]], float), 9.5),
        "left pulmonary artery": (np.array([(-14, 2, 3), (-24, -8, 4), HILA[1]], float), 9.5),
        "superior vena cava": (np.array([(24, 8, -20), (25, 6, 20), (24, 0, 62)], float), 8.5),
        "inferior vena cava": (
            np.array([(24, -6, -50), (22, -12, -90), (18, -18, -260)], float),
            11,
        ),
        "right brachiocephalic": (
            np.array([(24, 0, 62), (30, -12, 92), (36, -22, 190)], float),
            6.5,
        ),
        "left brachiocephalic": (np.array([(24, 4, 60), (-8, 14, 68), (-34, -6, 96)], float), 6.0),
        "brachiocephalic trunk": (
            np.array([(4, 10, 36), (10, -6, 70), (20, -22, 190)], float),
            5.5,
        ),
        "left carotid": (np.array([(-6, 0, 40), (-14, -12, 72), (-22, -24, 190)], float), 4.0),
        "left subclavian": (
            np.array([(-16, -18, 42), (-24, -30, 80), (-60, -30, 125)], float),
            5.0,
        ),
        "left atrium": (np.array([(18, -14, -34), (-20, -16, -34)], float), 17.0),
    }
