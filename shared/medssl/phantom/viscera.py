"""The shapes of the abdomen's organs, and what differs from patient to patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .fields import Array, Points, Vector, capsule, ellipsoid, smooth_max, smooth_min
from .thorax import Thorax, section, table

_Z = (-430, -330, -260, -200, -150, -60)
_CAVITY_WIDTH = (118, 124, 128, 130, 131, 128)
_CAVITY_DEPTH = (78, 80, 82, 82, 82, 82)
_CAVITY_Y = (8, 8, 6, 3, 0, -2)
_WAVES = 5
_SIDES = (1.0, -1.0)  # right, left


@dataclass(frozen=True)
class Viscera:
    """One patient's organs: HU in the portal venous phase, sizes and places in reference mm."""

    liver_hu: float
    vein_hu: float
    spleen_hu: float
    kidney_hu: float
    liver_size: Vector
    left_lobe_mm: float  # how far the left lobe reaches beyond the midline
    spleen_size: float
    kidney_size: float
    stomach_size: float
    stomach_level_mm: float  # y of the air-fluid level
    gallbladder_mm: float  # 0 where it was taken out
    waves: Array  # (n, 3) rad/mm of the displacement
    phases: Array  # (n,)
    shifts: Array  # (n, 3) mm


def draw_viscera(rng: np.random.Generator) -> Viscera:
    """Draw the organs of a patient."""
    directions = rng.normal(size=(_WAVES, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    wide, deep, high = (float(one) for one in rng.normal(1.0, (0.06, 0.06, 0.09)))
    return Viscera(
        liver_hu=float(rng.uniform(100, 120)),
        vein_hu=float(rng.uniform(150, 180)),
        spleen_hu=float(rng.uniform(110, 130)),
        kidney_hu=float(rng.uniform(155, 200)),
        liver_size=(wide, deep, high),
        left_lobe_mm=float(rng.uniform(5, 80)),
        spleen_size=float(rng.uniform(0.85, 1.15)),
        kidney_size=float(rng.uniform(0.88, 1.1)),
        stomach_size=float(rng.uniform(0.8, 1.3)),
        stomach_level_mm=float(rng.uniform(15, 45)),
        gallbladder_mm=float(rng.uniform(10, 17) * (rng.random() < 0.85)),
        waves=directions * (2 * np.pi / rng.uniform(110, 250, _WAVES))[:, None],
        phases=rng.uniform(0, 2 * np.pi, _WAVES),
        shifts=rng.normal(0, 2.4, (_WAVES, 3)),
    )


class Abdomen:
    """Signed distances (mm, negative inside) of the organs.

    Every method takes reference coordinates ``(x, y, z)`` in mm as arrays of one shape. Organs
    but the liver stand where they are in the average patient; ``displace`` makes them this one's.
    """

    def __init__(self, viscera: Viscera, thorax: Thorax) -> None:
        self.viscera, self.thorax = viscera, thorax
        rows = (_CAVITY_WIDTH, _CAVITY_DEPTH, _CAVITY_Y)
        self._cavity = tuple(table(_Z, row) for row in rows)

    def displace(self, points: Points) -> Points:
        """Where in the average patient the points of this one lie, up to some 10 mm away."""
        moved = [axis.copy() for axis in points]
        v = self.viscera
        for wave, phase, shift in zip(v.waves, v.phases, v.shifts, strict=True):
            phase_of = sum(
                (np.float32(k) * axis for k, axis in zip(wave, points, strict=True)),
                np.float32(phase),
            )
            ripple = np.sin(phase_of)
            for axis, amount in zip(moved, shift, strict=True):
                axis += np.float32(amount) * ripple
        x, y, z = moved
        return x, y, z

    def cavity(self, points: Points) -> Array:
        """Distance to the inner surface of the muscles and ribs."""
        return section(points, self._cavity)

    def room(self, points: Points) -> Array:
        """Distance to the room of the organs: below the diaphragm and inside the cavity."""
        return np.maximum(self.thorax.diaphragm(points) + 3.0, self.cavity(points) + 1.5)

    def liver(self, points: Points) -> Array:
        """Distance to this patient's liver, its outside without gallbladder and kidney."""
        moved, room = self.displace(points), self.room(points)
        x, y, z = moved
        a, b, c = self.viscera.liver_size
        right = ellipsoid(moved, (66, -4, -155), (78 * a, 84 * b, 84 * c))
        tip = ellipsoid(moved, (92, -14, -200), (38 * a, 50 * b, 66 * c))
        reach = np.array([-self.viscera.left_lobe_mm, 42.0, -104.0])
        left = capsule((x, 1.25 * y, z), np.array([30.0, 40.0, -128.0]), reach, (46.0, 13.0))
        liver = smooth_min(smooth_min(right, tip, 18.0), left, 22.0)
        for hollow in (
            ellipsoid(moved, (-22, -30, -205), (84, 56, 78)),  # stomach, duodenum and pancreas
            self.kidney((x, np.maximum(y, -44.0), z), 0) - 5.0,  # and what lies behind it
            self.gallbladder(moved) - 1.0,
        ):
            liver = smooth_max(liver, -hollow, 10.0)
        ligament = np.maximum(
            np.abs(x + 4.0 + 0.15 * (y - 60)) - 2.5, -(y - 50.0) - 0.6 * (z + 140)
        )
        return smooth_max(smooth_max(liver, -ligament, 4.0), room, 8.0)

    def gallbladder(self, points: Points) -> Array:
        """Distance to the gallbladder under the liver; far outside where there is none."""
        size = self.viscera.gallbladder_mm
        if not size:
            return np.full_like(points[0], 99.0)
        x, y, z = points
        pear = (x - 0.2 * (y - 40), y, z + 0.5 * (y - 40))
        return ellipsoid(pear, (46, 42, -198), (size, 2.0 * size, 1.2 * size))

    def spleen(self, points: Points) -> Array:
        """Distance to the spleen, hollow where stomach and kidney lie."""
        size = self.viscera.spleen_size
        spleen = ellipsoid(points, (-96, -40, -146), (40 * size, 52 * size, 60 * size), 0.35)
        return smooth_max(spleen, -ellipsoid(points, (-52, -16, -148), (36, 48, 66)), 8.0)

    def kidney(self, points: Points, side: int) -> Array:
        """Distance to the right (0) or left (1) kidney, the lower pole turned outwards."""
        size = self.viscera.kidney_size
        return ellipsoid(
            self._beside_spine(points, side), (0, 0, 0), (27 * size, 27 * size, 56 * size)
        )

    def renal_sinus(self, points: Points, side: int) -> Array:
        """Distance to the fat in the middle of a kidney, open towards the spine."""
        x, y, z = self._beside_spine(points, side)
        return ellipsoid((x + 12.0, y - 5.0, z), (0, 0, 0), (15, 9, 24))

    def _beside_spine(self, points: Points, side: int) -> Points:
        """Coordinates about the middle of a kidney, x away from the spine."""
        x, y, z = points
        height = z + (228.0 if side == 0 else 210.0)
        outwards = _SIDES[side] * x - 62.0 + 0.22 * height
        return outwards, y + 44.0 - 0.12 * height, height

    def stomach(self, points: Points) -> Array:
        """Distance to the stomach, from the fundus under the left dome to the pylorus."""
        size = self.viscera.stomach_size
        path = [(-58, -12, -116), (-64, 22, -156), (-38, 46, -205), (4, 50, -214), (28, 30, -208)]
        radii = [34 * size, 33 * size, 25 * size, 18 * size, 10.0]
        return _limb(points, path, radii, 12.0)

    def pancreas(self, points: Points) -> Array:
        """Distance to the pancreas, from the head at the duodenum to the tail at the spleen."""
        path = [(30, 8, -226), (18, 14, -208), (-8, 16, -196), (-46, -10, -182), (-76, -30, -166)]
        return _limb(points, path, [15.0, 13.0, 9.5, 10.0, 8.0], 5.0)

    def psoas(self, points: Points) -> Array:
        """Distance to the muscles along both sides of the spine."""
        x, y, z = points
        start, end = np.array([26.0, -56.0, -190.0]), np.array([50.0, -36.0, -390.0])
        return capsule((np.abs(x), y, z), start, end, (9.0, 27.0))


def _limb(points: Points, path: Sequence[Vector], radii: list[float], crease_mm: float) -> Array:
    """Return the distance (mm) to tapering tubes that run into each other."""
    union = np.full_like(points[0], 999.0)
    nodes = [np.array(node, float) for node in path]
    for k in range(len(nodes) - 1):
        tube = capsule(points, nodes[k], nodes[k + 1], (radii[k], radii[k + 1]))
        union = smooth_min(union, tube, crease_mm)
    return union
