"""Painting the abdomen: from the skin inwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .bones import paint_lower_ribs, paint_spine
from .fields import Array, Points, blend
from .frame import Box, Frame
from .noise import ValueNoise
from .shell import AIR_HU, paint_shell
from .trees import Tree, paint_tree
from .tubes import Bowel
from .tumours import Tumour, paint_tumour
from .viscera import Abdomen

_FAT_HU, _GAS_HU, _FLUID_HU, _WALL_HU = -104.0, -920.0, 14.0, 78.0
_PANCREAS_HU, _LUNG_HU, _HEART_HU = 98.0, -850.0, 118.0
_GAS_FROM = 1.8  # of noise of standard deviation 1 plus a bowel's share of gas
_SPINE = (np.array([-42.0, -175.0, -420.0]), np.array([42.0, -20.0, -20.0]))
_ORGANS = (np.array([-140.0, -100.0, -310.0]), np.array([145.0, 115.0, -50.0]))
_LIVER = (np.array([-110.0, -100.0, -300.0]), np.array([145.0, 115.0, -60.0]))
_CHEST = (np.array([-145.0, -110.0, -175.0]), np.array([145.0, 110.0, 60.0]))
_ALL = (slice(None), slice(None), slice(None))


class Painter:
    """A slab of the scan while it is painted.

    Attributes:
        hu: ``(x, y, z)`` float32 HU.
        label: ``(x, y, z)`` uint8, 1 in the liver and 2 in its tumours.
        organs: ``(x, y, z)`` uint8, 1 in the liver (its tumours too), 2 in the spleen, 3 in the
            right and 4 in the left kidney with its pelvis.
    """

    def __init__(self, frame: Frame, abdomen: Abdomen, noise: list[ValueNoise]) -> None:
        self._frame, self._abdomen = frame, abdomen
        self._fine, coarse, self._streaks = (one.sample(frame) for one in noise)
        self._texture = 0.6 * self._fine + 0.8 * coarse
        self.hu = np.full(frame.shape, AIR_HU, np.float32)
        self.label, self.organs = (np.zeros(frame.shape, np.uint8) for _ in range(2))

    def paint(self, bowel: list[Bowel], gut_vessels: Tree, vessels: Tree) -> None:
        """Paint all but the tumours; what lies in front of something else comes later."""
        points, thorax = self._frame.points(), self._abdomen.thorax
        cage = thorax.rib_cage(points)
        layers = 0.35 * self._streaks  # the belly's muscles lie flatter than the shoulders'
        voxel = self._frame.voxel_mm
        skin = paint_shell(self.hu, points, cage, thorax, self._texture, layers, voxel)
        cavity = self._abdomen.cavity(points)
        self._fill(cavity, _FAT_HU + 9.0 * self._texture)
        muscle = thorax.anatomy.muscle_hu + 6.0 * self._texture
        self._fill(np.maximum(self._abdomen.psoas(points), cavity), muscle)
        self._paint_vessels(gut_vessels)
        for stretch in bowel:
            self._paint_bowel(stretch)
        for corners, paint in (
            (_ORGANS, self._paint_organs),
            (_ORGANS, self._paint_kidneys),
            (_LIVER, self._paint_liver),
        ):
            self._in_box(corners, paint)
        self._paint_vessels(vessels)
        self._in_box(_LIVER, self._paint_gallbladder)
        self._in_box(_CHEST, self._paint_chest)
        self._in_box(_SPINE, self._paint_spine)
        shell = np.flatnonzero((cage > -9) & (cage < 20) & (skin < -3))
        part = self.hu.ravel()[shell]
        x, y, z = (axis.ravel()[shell] for axis in points)
        paint_lower_ribs(part, (x, y, z), cage.ravel()[shell], thorax, voxel)
        self.hu.ravel()[shell] = part

    def paint_tumour(self, tumour: Tumour) -> None:
        """Paint a tumour over the liver and label it."""
        paint_tumour(self.hu, self.label, tumour, self._frame, self._abdomen, self._texture)

    def _fill(self, distance: Array, value: Array | float, box: Box = _ALL) -> None:
        blend(self.hu[box], distance, value, self._frame.voxel_mm)

    def _in_box(self, corners: tuple[Array, Array], paint: Callable[[Box, Points], None]) -> None:
        box = self._frame.box(*corners)
        if box:
            paint(box, self._frame.points(box))

    def _paint_vessels(self, vessels: Tree) -> None:
        blood = np.zeros(self._frame.shape, np.float32)
        paint_tree(blood, self._frame, vessels)
        self.hu += blood * np.maximum(self._abdomen.viscera.vein_hu - self.hu, 0.0)

    def _paint_bowel(self, bowel: Bowel) -> None:
        """Paint the wall, then what fills it: gas, or fluid and, in the colon, stool."""
        wall, lumen = (np.zeros(self._frame.shape, np.float32) for _ in range(2))
        paint_tree(wall, self._frame, bowel.tree, wall_mm=1.2)
        paint_tree(lumen, self._frame, bowel.tree)
        self.hu += wall * (_WALL_HU + 5.0 * self._texture - self.hu)
        stool = bowel.content_hu + bowel.grain_hu * self._fine
        content = np.where(self._streaks + bowel.gas > _GAS_FROM, np.float32(_GAS_HU), stool)
        self.hu += lumen * (content - self.hu)

    def _paint_organs(self, box: Box, points: Points) -> None:
        abdomen, texture = self._abdomen, self._texture[box]
        viscera, moved, room = abdomen.viscera, abdomen.displace(points), abdomen.room(points)
        pancreas = np.maximum(abdomen.pancreas(moved) + 1.5 * texture, room)
        self._fill(pancreas, _PANCREAS_HU + 6.0 * texture, box)
        spleen = np.maximum(abdomen.spleen(moved), room)
        self._fill(spleen, viscera.spleen_hu + 4.0 * texture, box)
        stomach = np.maximum(abdomen.stomach(moved), room)
        gas = points[1] > viscera.stomach_level_mm
        content = np.where(gas, np.float32(_GAS_HU), _FLUID_HU + 8.0 * texture)
        self._fill(stomach, _WALL_HU + 4.0 * texture, box)
        self._fill(stomach + 4.0, content, box)
        self.organs[box][(spleen < 0) & (stomach >= 0)] = 2

    def _paint_kidneys(self, box: Box, points: Points) -> None:
        abdomen = self._abdomen
        moved = abdomen.displace(points)
        for side in (0, 1):
            kidney, sinus = abdomen.kidney(moved, side), abdomen.renal_sinus(moved, side)
            pyramids = 14.0 * np.clip(-kidney - 8.0, 0.0, 1.0) * np.abs(self._fine[box])
            self._fill(kidney, abdomen.viscera.kidney_hu - pyramids, box)
            self._fill(np.maximum(sinus, kidney), _FAT_HU + 20.0, box)
            self._fill(sinus + 5.0, _FLUID_HU, box)
            self.organs[box][kidney < 0] = 3 + side

    def _paint_liver(self, box: Box, points: Points) -> None:
        abdomen = self._abdomen
        liver = abdomen.liver(points)
        self._fill(liver, abdomen.viscera.liver_hu + 4.0 * self._texture[box], box)
        self.label[box][liver < 0] = self.organs[box][liver < 0] = 1

    def _paint_gallbladder(self, box: Box, points: Points) -> None:
        abdomen = self._abdomen
        moved = abdomen.displace(points)
        gallbladder = np.maximum(abdomen.gallbladder(moved), abdomen.room(points))
        self._fill(gallbladder, 60.0, box)
        self._fill(gallbladder + 1.5, 8.0, box)

    def _paint_chest(self, box: Box, points: Points) -> None:
        """Paint what the scan shows above the diaphragm."""
        thorax, texture = self._abdomen.thorax, self._texture[box]
        heart = np.maximum(thorax.heart(points), 3.0 - thorax.diaphragm(points))
        self._fill(heart, _HEART_HU + 25.0 * self._streaks[box], box)
        lungs = thorax.lungs(points)
        self._fill(lungs, _LUNG_HU + 14.0 * texture - 0.2 * points[1], box)

    def _paint_spine(self, box: Box, points: Points) -> None:
        thorax, voxel = self._abdomen.thorax, self._frame.voxel_mm
        paint_spine(self.hu[box], points, thorax, self._texture[box], voxel)
