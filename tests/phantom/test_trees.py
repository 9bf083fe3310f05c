"""Trees: they reach what they supply, thin out, and are painted as thick as they are."""

from __future__ import annotations

import numpy as np

from medssl.phantom.anatomy import draw_anatomy
from medssl.phantom.fields import capsule, coverage
from medssl.phantom.frame import draw_frame
from medssl.phantom.thorax import Thorax
from medssl.phantom.trees import Tree, grow, grow_lungs, paint_tree


def test_a_tree_ends_at_every_target_and_thins_out() -> None:
    rng = np.random.default_rng(3)
    targets = rng.uniform(-40, 40, (200, 3))
    tree = grow(np.array([0.0, 0.0, 60.0]), targets, 5.0, rng)
    for target in targets:
        assert (np.abs(tree.end - target).max(1) < 1e-9).any()
    assert (tree.end_radius <= tree.start_radius + 1e-9).all()
    starts = {tuple(np.round(point, 6)) for point in tree.start}
    ends = {tuple(np.round(point, 6)) for point in tree.end}
    assert len(starts - ends) == 1  # connected: only the root is nobody's end


def test_vessels_reach_the_pleura_and_spare_the_heart() -> None:
    rng = np.random.default_rng(1)
    anatomy = draw_anatomy(rng)
    thorax = Thorax(anatomy)
    arteries, veins, airways = grow_lungs(thorax, anatomy, rng)
    for tree in (arteries, veins):
        x, y, z = tree.end.T.astype(np.float32)
        depth = thorax.lungs((x, y, z))
        assert (depth < 2).mean() > 0.9
        assert ((depth > -8) & (depth < -2)).mean() > 0.1
    x, y, z = ((airways.start + airways.end) / 2).T.astype(np.float32)
    assert (thorax.heart((x, y, z)) > 0).all()
    assert airways.end_radius.min() < 1.5 < 8 < airways.start_radius.max()


def test_painted_tubes_cover_their_volume() -> None:
    frame = draw_frame(np.random.default_rng(5), (1.0, 1.5, 0.8), (60.0, 60.0, 60.0))
    middle = frame.points((slice(30, 31), slice(20, 21), slice(37, 38)))
    centre = np.array([axis.item() for axis in middle])
    rng = np.random.default_rng(0)
    start, end = (centre + rng.uniform(-18, 18, (12, 3)) for _ in range(2))
    radii = rng.uniform(1.5, 3.0, (2, 12))
    tree = Tree(start, end, radii[0], radii[1])
    painted = np.zeros(frame.shape, np.float32)
    paint_tree(painted, frame, tree)
    nearest = np.min(
        [capsule(frame.points(), start[n], end[n], (radii[0, n], radii[1, n])) for n in range(12)],
        axis=0,
    )
    np.testing.assert_allclose(painted, coverage(nearest, frame.voxel_mm), atol=2e-4)
