"""The abdomen's tubes: bowel, great vessels and the liver's own vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fields import Array
from .trees import Tree, grow
from .tumours import liver_points
from .viscera import Abdomen

_LOOPS, _STEPS = 9, 42  # chains of small bowel and the pieces of each
_STEP_MM = 13.0
_TRIES = 12
_COLON = [
    ((92, -22, -345), (94, -24, -290), (84, 0, -242), (92, 28, -252)),  # right side, hepatic bend
    ((92, 28, -252), (50, 66, -262), (0, 72, -268), (-50, 66, -252), (-92, 22, -196)),  # across
    ((-92, 22, -196), (-106, -18, -178), (-100, -38, -250), (-98, -34, -345)),  # left side
]
_HEPATIC_VEIN = (24, -24, -102)
_HILUM = (30, 6, -165)


@dataclass(frozen=True)
class Bowel:
    """One stretch of bowel.

    Attributes:
        tree: its lumen.
        gas: how much of it gas fills; 0 next to nothing, 2 half.
        content_hu: HU of what else fills it, and ``grain_hu`` how much that varies.
        grain_hu: standard deviation.
    """

    tree: Tree
    gas: float
    content_hu: float
    grain_hu: float


def draw_bowel(abdomen: Abdomen, rng: np.random.Generator) -> list[Bowel]:
    """Draw the colon in three stretches and loops of small bowel in the room that is left."""
    colon = []
    for path in _COLON:
        tree = _haustra(np.array(path, float), rng)
        colon.append(Bowel(tree, rng.uniform(0, 2.2), rng.uniform(0, 50), rng.uniform(10, 60)))
    taken = np.concatenate([one.tree.start for one in colon])
    loops = []
    for _ in range(_LOOPS):
        walk = _walk(abdomen, taken, rng)
        taken = np.concatenate([taken, walk])
        radius = rng.uniform(8.5, 12.5)
        gas = float(rng.uniform(-2, 0.8))
        loops.append(Bowel(_tube(walk, np.full(len(walk), radius)), gas, 20.0, 6.0))
    return loops + colon


def draw_gut_vessels(bowel: list[Bowel], rng: np.random.Generator) -> Tree:
    """Return the vessels that run through the fat of the mesentery to the small bowel."""
    loops = np.concatenate([one.tree.end[::3] for one in bowel[:_LOOPS]])
    return grow(np.array([4.0, 4.0, -232.0]), loops, 4.5, rng)


def draw_vessels(abdomen: Abdomen, rng: np.random.Generator) -> Tree:
    """Return aorta, vena cava, portal vein, the kidneys' vessels and the liver's branches."""
    lines = {
        10.5: [[(-18, -44, -40), (-12, -36, -120), (-7, -28, -200), (-5, -26, -292)]],
        11.5: [[(24, -14, -60), (25, -22, -110), (21, -24, -180), (16, -26, -296)]],
        7.0: [
            [(-5, -26, -292), (-26, -24, -330), (-44, -30, -380)],
            [(-5, -26, -292), (20, -24, -330), (42, -30, -380)],
            [(6, 4, -210), (16, 4, -185), _HILUM],
        ],
        5.0: [
            [(4, 4, -240), (6, 4, -210)],
            [(6, 4, -205), (-30, -8, -186), (-74, -34, -158)],
            [(-7, -20, -190), (2, 2, -208)],
        ],
        4.5: [
            [(18, -26, -224), (46, -40, -228)],
            [(-4, -22, -206), (-28, -32, -208), (-46, -40, -210)],
        ],
    }
    trees = [
        _tube(np.array(path, float), np.full(len(path), radius))
        for radius, paths in lines.items()
        for path in paths
    ]
    trees.append(grow(np.array(_HEPATIC_VEIN, float), liver_points(abdomen, 130, rng), 6.5, rng))
    trees.append(grow(np.array(_HILUM, float), liver_points(abdomen, 180, rng), 7.0, rng))
    joined = trees[0]
    for tree in trees[1:]:
        joined = joined.join(tree)
    return joined


def _walk(abdomen: Abdomen, taken: Array, rng: np.random.Generator) -> Array:
    """Return the nodes (n, 3) of a random walk that keeps clear of organs and of ``taken``."""
    starts = rng.uniform((-80, -20, -330), (80, 65, -225), (200, 3))
    place = starts[np.argmax(_clearance(abdomen, starts, taken))]
    nodes, heading = [place], rng.normal(size=3)
    for _ in range(_STEPS):
        tries = heading / np.linalg.norm(heading) + rng.normal(0, 0.7, (_TRIES, 3))
        tries *= _STEP_MM / np.linalg.norm(tries, axis=1)[:, None]
        others = np.concatenate([taken, *[node[None] for node in nodes[:-2]]])
        best = tries[np.argmax(_clearance(abdomen, nodes[-1] + tries, others))]
        heading = best
        nodes.append(nodes[-1] + best)
    return np.array(nodes)


def _clearance(abdomen: Abdomen, places: Array, taken: Array) -> Array:
    """How far (mm, 22 at most) each place keeps from walls, organs and other bowel."""
    x, y, z = places.T.astype(np.float32)
    points = (x, y, z)
    moved = abdomen.displace(points)
    walls = [-abdomen.cavity(points) - 4, abdomen.liver(points), abdomen.stomach(moved)]
    walls += [abdomen.kidney(moved, side) for side in (0, 1)] + [abdomen.psoas(points)]
    walls += [y + 18.0, -205.0 + 0.2 * x - z, abdomen.pancreas(moved), 4.0 + (z + 345.0) / 2]
    gaps = np.linalg.norm(places[:, None] - taken, axis=-1).min(1) - 11.0
    clearance: Array = np.min([*walls, gaps, np.full(len(places), 22.0)], axis=0)
    return clearance


def _haustra(path: Array, rng: np.random.Generator) -> Tree:
    """Return a stretch of colon: short pouches, narrow between them."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    along = np.arange(0.0, length[-1], 8.0)
    nodes = np.stack([np.interp(along, length, axis) for axis in path.T], -1)
    nodes = nodes + rng.normal(0, 1.5, nodes.shape)
    widths = np.where(np.arange(len(nodes)) % 3 == 0, 13.0, 18.0) * rng.uniform(0.8, 1.15)
    return _tube(nodes, widths)


def _tube(nodes: Array, radii: Array) -> Tree:
    return Tree(nodes[:-1], nodes[1:], radii[:-1], radii[1:])
