"""Patients drawn from a seed, and places in them."""

from __future__ import annotations

import numpy as np

from medssl.phantom.anatomy import draw_anatomy
from medssl.phantom.fields import Points
from medssl.phantom.thorax import Thorax
from medssl.phantom.viscera import Abdomen, draw_viscera


def draw_thorax(seed: int) -> Thorax:
    return Thorax(draw_anatomy(np.random.default_rng(seed)))


def draw_abdomen(seed: int) -> Abdomen:
    rng = np.random.default_rng(seed)
    return Abdomen(draw_viscera(rng), Thorax(draw_anatomy(rng)))


def random_points(rng: np.random.Generator, count: int) -> Points:
    """Places in and about the abdomen, reference mm."""
    x, y, z = rng.uniform((-130, -90, -300), (130, 100, -70), (count, 3)).T.astype(np.float32)
    return x, y, z
