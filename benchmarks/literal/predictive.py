"""Rotation, relative location and puzzles: from a whole scan to the network's input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .genesis import Array, Rng

Shape = tuple[int, int, int]
ROTATIONS = [((0, 1), k) for k in range(4)] + [
    (plane, k) for plane in ((1, 2), (0, 2)) for k in (3, 2, 1)
]
SPLINE_SHAPE = (140, 140, 40)  # to which the scan is zoomed where cubes are 64 x 64 x 16
CENTRE_SIDE = 276  # of the scan's plane where cubes are 128 x 128 x 32


def crop(volume: Array, start: Shape, size: Shape) -> Array:
    """Copy one box."""
    box = tuple(slice(a, a + side) for a, side in zip(start, size, strict=True))
    return volume[box].copy()


def resize(image: Array, size: Shape) -> Array:
    """Linear resampling to ``size``, aligned at the outer borders of the voxels."""
    zoom = np.divide(size, image.shape)
    return np.asarray(ndimage.zoom(image, zoom, order=1, mode="nearest", grid_mode=True))


def rotate(cube: Array, rng: Rng) -> tuple[Array, int]:
    """Turn a cube by one of ten classes."""
    label = int(rng.integers(0, 10))
    plane, turns = ROTATIONS[label]
    return np.rot90(cube, turns, plane).copy(), label


def rotation(volume: Array, size: Shape, side: int, rng: Rng) -> tuple[Array, int]:
    """Cut a crop, two times in three from the middle, stretch it to a cube and turn it."""
    start = [0, 0, int(rng.integers(0, volume.shape[2] - size[2]))]
    central = rng.random() < 0.67
    for axis in (0, 1):
        room = volume.shape[axis] - size[axis]
        low, high = (room // 4, 3 * room // 4) if central else (0, room)
        start[axis] = int(rng.integers(low, high))
    cut = crop(volume, (start[0], start[1], start[2]), size)
    return rotate(resize(cut, (side, side, side)), rng)


def cut_cells(volume: Array, cells: int, size: Shape, rng: Rng) -> list[Array]:
    """Divide the scan into ``cells`` along each axis and cut a patch at random in each."""
    widths = [side // cells for side in volume.shape]
    patches = []
    for i in range(cells):
        for j in range(cells):
            for k in range(cells):
                offsets = [int(rng.integers(0, w - s + 1)) for w, s in zip(widths, size)]  # noqa: B905
                start = [c * w + o for c, w, o in zip((i, j, k), widths, offsets)]  # noqa: B905
                patches.append(crop(volume, (start[0], start[1], start[2]), size))
    return patches


def relative_location(volume: Array, size: Shape, rng: Rng) -> tuple[Array, int]:
    """Cut all 27 patches, keep the centre and one neighbour ``(2, X, Y, Z)``."""
    patches = cut_cells(volume, 3, size, rng)
    label = int(rng.integers(0, 26))
    return np.stack([patches[13], patches[label + (label >= 13)]]), label


def cut_cubes(volume: Array, size: Shape, rng: Rng) -> list[Array]:
    """Eight cubes; the scan is first zoomed by splines, or cropped where cubes are large."""
    if size == (64, 64, 16):
        zoom = np.divide(SPLINE_SHAPE, volume.shape)
        volume = np.asarray(ndimage.zoom(volume, zoom, order=3))
    else:
        margin = [(side - CENTRE_SIDE) // 2 for side in volume.shape[:2]]
        volume = crop(volume, (*margin, 0), (CENTRE_SIDE, CENTRE_SIDE, volume.shape[2]))
    return cut_cells(volume, 2, size, rng)


def permute(cubes: list[Array], table: NDArray[np.int64], rng: Rng) -> tuple[list[Array], int]:
    """Order the cubes by a random row of the table."""
    label = int(rng.integers(0, len(table)))
    return [cubes[place] for place in table[label]], label


def turn_cubes(cubes: list[Array], rng: Rng) -> tuple[list[Array], NDArray[np.float64]]:
    """Turn cubes by 180 degrees about x, about z, both or neither; flags ``(2, 8)``."""
    flags = (rng.random((2, len(cubes))) < 0.5).astype(float)
    turned = []
    for place, cube in enumerate(cubes):
        moved = np.flip(cube, (1, 2)) if flags[0, place] else cube
        turned.append((np.flip(moved, (0, 1)) if flags[1, place] else moved).copy())
    return turned, flags


def mask_cubes(cubes: list[Array], rng: Rng) -> tuple[list[Array], NDArray[np.float64]]:
    """Blank every second voxel at random in every second cube; flags ``(8,)``."""
    flags = (rng.random(len(cubes)) < 0.5).astype(float)
    masked = [
        np.where(rng.random(cube.shape) < 0.5, cube, 0.0) if flag else cube
        for cube, flag in zip(cubes, flags, strict=True)
    ]
    return masked, flags


def puzzle(
    cubes: list[Array], table: NDArray[np.int64], turned: bool, masked: bool, rng: Rng
) -> tuple[Array, Array]:
    """Jigsaw, Rubik's cube (``turned``) or Rubik's cube+ (both): ``(8, X, Y, Z)`` and targets."""
    cubes, label = permute(cubes, table, rng)
    targets = [np.array([float(label)])]
    if turned:
        cubes, flags = turn_cubes(cubes, rng)
        targets.append(flags.flatten())
    if masked:
        cubes, hidden = mask_cubes(cubes, rng)
        targets.append(hidden)
    return np.stack(cubes), np.concatenate(targets)


def tissue_score(hu: NDArray[np.int16], depth: int) -> float:
    """Share of voxels above -150 HU, voxel by voxel; half counts one below such a voxel.

    Args:
        hu: ``(X, Y, depth + margin)``: the crop and a few slices below it.
        depth: slices of the crop.
    """
    total = 0.0
    for x in range(hu.shape[0]):
        for y in range(hu.shape[1]):
            for z in range(depth):
                if hu[x, y, z] >= -150:
                    total += 1.0
                elif hu[x, y, z + 1] >= -150:
                    total += 0.5
    return total / (hu.shape[0] * hu.shape[1] * depth)
