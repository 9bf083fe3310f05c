"""Rotations by quarter turns, batched."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from ..errors import UserError
from .rows import apply_by_group

Plane = tuple[int, int]

ROTATION_CLASSES: tuple[tuple[Plane, int], ...] = (
    ((0, 1), 0),
    ((0, 1), 1),
    ((0, 1), 2),
    ((0, 1), 3),
    ((1, 2), 3),
    ((1, 2), 2),
    ((1, 2), 1),
    ((0, 2), 3),
    ((0, 2), 2),
    ((0, 2), 1),
)
"""The ten distinct turns of a cube about one axis: (plane as two of x=0, y=1, z=2, quarter turns).

Turns count as ``numpy.rot90`` does, from the first axis of the plane towards the second. Classes 0
to 3 turn about z, 4 to 6 about x, 7 to 9 about y; the identity is counted once.
"""


def _turn(images: Tensor, plane: Plane, turns: int) -> Tensor:
    return torch.rot90(images, turns, (plane[0] + 2, plane[1] + 2))


def rotate_cubes(images: Tensor, classes: Tensor) -> Tensor:
    """Rotate each cube by its class.

    Args:
        images: ``(B, C, L, L, L)``, any type and device.
        classes: ``(B,)`` integers in 0..9, see ``ROTATION_CLASSES``.

    Raises:
        UserError: the images are not cubes.
    """
    _check_cubes(images)
    return apply_by_group(
        images, classes, [partial(_turn, plane=p, turns=k) for p, k in ROTATION_CLASSES]
    )


def unrotate_cubes(images: Tensor, classes: Tensor) -> Tensor:
    """Undo ``rotate_cubes``: turn each cube of class ``classes[b]`` back, bit for bit."""
    _check_cubes(images)
    return apply_by_group(
        images, classes, [partial(_turn, plane=p, turns=-k) for p, k in ROTATION_CLASSES]
    )


def quarter_turns(images: Tensor, turns: Tensor, plane: Plane = (0, 1)) -> Tensor:
    """Rotate each sample by ``turns[b]`` quarter turns in one plane.

    Args:
        images: ``(B, C, X, Y, Z)``, any type and device.
        turns: ``(B,)`` integers, counted as in ``numpy.rot90``, modulo 4.
        plane: two of the spatial axes x=0, y=1, z=2.

    Raises:
        UserError: an odd turn was asked for in a plane whose two sides differ.
    """
    sides = images.shape[plane[0] + 2], images.shape[plane[1] + 2]
    turns = turns.cpu() % 4
    if sides[0] != sides[1] and bool((turns % 2 == 1).any()):
        raise UserError(
            f"quarter_turns: a 90 degree turn needs equal sides, axes {plane[0]} and {plane[1]} "
            f"have {sides[0]} and {sides[1]} voxels; turn by 180 degrees or use another plane"
        )
    return apply_by_group(images, turns, [partial(_turn, plane=plane, turns=k) for k in range(4)])


def _check_cubes(images: Tensor) -> None:
    sides = tuple(images.shape[2:])
    if len(sides) != 3 or len(set(sides)) != 1:
        raise UserError(
            f"rotation: expected cubes, got {sides} voxels; set crop_size to three equal sides"
        )
