"""The abdomen's organs: they leave each other room, whoever the patient is."""

from __future__ import annotations

import numpy as np

from .patients import draw_abdomen, random_points


def test_organs_leave_each_other_room() -> None:
    for seed in range(8):
        abdomen = draw_abdomen(seed)
        points = random_points(np.random.default_rng(seed), 40000)
        moved = abdomen.displace(points)
        liver = abdomen.liver(points) < 0
        for organ in (abdomen.kidney(moved, 0), abdomen.gallbladder(moved)):
            assert not (liver & (organ < 0)).any()
        kidneys = [abdomen.kidney(moved, side) < 0 for side in (0, 1)]
        assert points[0][kidneys[0]].mean() > 30  # x runs to the patient's right
        assert points[0][kidneys[1]].mean() < -30
        spleen = abdomen.spleen(moved) < 0
        assert points[0][spleen].mean() < -60
        assert (spleen & kidneys[1]).sum() < 0.1 * kidneys[1].sum()


def test_the_displacement_never_folds() -> None:
    for seed in range(30):
        abdomen = draw_abdomen(seed)
        points = random_points(np.random.default_rng(seed), 300)
        here = np.array(abdomen.displace(points))
        assert np.abs(here - np.array(points)).max() < 30
        steps = []
        for axis in range(3):
            moved = [one + np.float32(axis == k) for k, one in enumerate(points)]
            steps.append(np.array(abdomen.displace(tuple(moved))) - here)
        assert np.linalg.det(np.array(steps).transpose(2, 0, 1)).min() > 0.1
